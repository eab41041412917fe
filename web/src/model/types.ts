// What the page knows of conversations. Everything here can be cloned into IndexedDB and written as JSON.

export type Status = 'running' | 'done' | 'stopped' | 'cut' | 'error';

export interface Attachment {
  id: string; // of its bytes in the store
  kind: 'image' | 'audio' | 'pdf' | 'text';
  name: string;
  type: string; // MIME
  size: number; // bytes
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: string; // as the model wrote them, whether JSON or not
  result?: string; // given by the person
}

/** What went wrong, in the words of who noticed it first. */
export interface Problem {
  message: string;
  code?: string;
  status?: number;
  retryAfter?: number; // seconds
  details?: { path: string; message: string }[];
}

/** Tokens, seconds and dollars of one answer; what nobody told is absent. */
export interface Figures {
  prompt?: number;
  written?: number;
  reasoning?: number;
  cached?: number;
  first?: number; // seconds until the first piece of text or reasoning
  total?: number; // seconds
  rate?: number; // written tokens a second, after the first
  cost?: number;
  exact?: boolean; // whether the cost was told by the server, not estimated from a price list
  model?: string; // that really answered: "server/model"
  tried?: string; // who was asked before, in vain
  adapted?: string; // what the gateway changed of the request
  counted?: boolean; // false: tokens are a guess from the length of the text
}

/** What is asked for in structured mode. */
export interface Shape {
  name: string;
  source: 'schema' | 'example';
  text: string; // as it was pasted
  schema: unknown; // a JSON Schema
}

/** How structured mode went. */
export interface Shaped {
  schema: unknown;
  mode: string; // native, tool, json_object, prompt; "" where the gateway says nothing
  repairs: number;
  attempts: number;
  valid: boolean;
  value?: unknown;
  problems: { path: string; message: string }[];
}

export interface Params {
  temperature?: number;
  top_p?: number;
  max_tokens?: number;
  seed?: number;
  stop?: string[];
  reasoning_effort?: string;
  extra?: string; // a JSON object as text: any further field of the request, tools among them
}

/**
 * One message of the tree. A user's message has as `parents` the answers before it, one for each lane (side by side);
 * none at the root. An answer has one parent: the user's message, or the answer whose tool calls were given results.
 */
export interface Message {
  id: string;
  chat: string;
  role: 'user' | 'assistant';
  parents: string[];
  lane: number; // of an answer: 0, or its column
  created: number; // ms since 1970
  text: string;
  attachments?: Attachment[];

  // only of answers
  status?: Status;
  model?: string; // as asked for
  server?: string; // id of a server that the person added; absent: the gateway's own
  reasoning?: string;
  thought?: number; // seconds of reasoning
  tools?: ToolCall[];
  images?: string[]; // data: URLs
  finish?: string;
  problem?: Problem;
  figures?: Figures;
  shaped?: Shaped;
  answer?: string; // id under which the gateway keeps it, while it runs
  request?: string; // the body as sent, long data: URLs shortened
  response?: string; // the raw answer, bounded
  continued?: number; // how many times it was gone on with after a cut
}

export interface Chat {
  id: string;
  title: string;
  named?: boolean; // by the person
  created: number;
  updated: number;
  pinned?: boolean;
  tags: string[];
  models: string[]; // one, or several side by side
  server?: string;
  system: string;
  params: Params;
  shape?: Shape;
  chosen: Record<string, string>; // which of several siblings is shown, by `branchKey` of chat/tree.ts
}

/** What the composer sends. */
export interface Draft {
  text: string;
  files: { attachment: Attachment; data: Blob }[];
}

export interface Model {
  id: string;
  name: string;
  server: string; // "" for an alias
  context?: number; // tokens
  promptPrice?: number; // dollars a million tokens
  writtenPrice?: number;
  reads: string[]; // text, image, audio, file
  supports: string[]; // tools, structured_outputs, reasoning, …
  about?: string;
}

/** Another server that the person added, where the operator allows it. */
export interface OtherServer {
  id: string;
  name: string;
  url: string; // base URL
}

export interface Preset {
  id: string;
  name: string;
  text: string;
}

/** What the gateway says of itself (page/api/settings). */
export interface GatewaySettings {
  version: string;
  keys: boolean;
  status: boolean;
  replay: boolean;
  remote_images: boolean;
  servers: string[];
  max_body: number;
}
