// The npm package `openai`: each task as its documentation shows. node with_npm_openai.mjs FOLDER, where FOLDER has
// node_modules. Questions and answers as told.py says.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[2]}/package.json`);
const { OpenAI } = require("openai");
const { zodResponseFormat } = require("openai/helpers/zod");
const { z } = require("zod");

const Person = z.object({
  name: z.string().max(12),
  age: z.number().int().min(0).max(150),
  tags: z.array(z.enum(["a", "b"])).min(1).max(2),
});

function clientOf({ place }) {
  return new OpenAI({ baseURL: place.base_url, apiKey: place.api_key, maxRetries: 0, timeout: 60_000 });
}

function conversation({ system, text }) {
  const user = { role: "user", content: text };
  return system ? [{ role: "system", content: system }, user] : [user];
}

function usageOf(usage) {
  if (!usage) return null;
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  return { prompt_tokens, completion_tokens, total_tokens };
}

const calls = (message) => message.tool_calls ?? [];
const toldCalls = (message) => calls(message).map((call) => [call.id, call.function.name, call.function.arguments]);

const tasks = {
  async chat(question) {
    const answer = await clientOf(question).chat.completions.create({
      model: question.model,
      messages: conversation(question),
      ...question.params,
    });
    const choice = answer.choices[0];
    return {
      content: choice.message.content,
      finish_reason: choice.finish_reason,
      usage: usageOf(answer.usage),
      request_id: answer._request_id,
    };
  },

  async stream(question) {
    const chunks = await clientOf(question).chat.completions.create({
      model: question.model,
      messages: conversation(question),
      stream: true,
      ...(question.usage ? { stream_options: { include_usage: true } } : {}),
      ...question.params,
    });
    const told = { pieces: [], finish_reason: [], usage: [], empty: 0 };
    for await (const chunk of chunks) {
      if (chunk.usage) told.usage.push(usageOf(chunk.usage));
      if (!chunk.choices.length) told.empty += 1;
      for (const choice of chunk.choices) {
        told.pieces.push(choice.delta.content ?? "");
        if (choice.finish_reason) told.finish_reason.push(choice.finish_reason);
      }
    }
    return told;
  },

  async tools(question) {
    const client = clientOf(question);
    const messages = conversation(question);
    const common = { model: question.model, tools: [question.tool], ...question.params };
    const first = await client.chat.completions.create({ messages, ...common });
    const message = first.choices[0].message;
    const results = calls(message).map((call) => ({
      role: "tool",
      tool_call_id: call.id,
      content: question.result,
    }));
    const second = await client.chat.completions.create({ messages: [...messages, message, ...results], ...common });
    return {
      finish_reason: first.choices[0].finish_reason,
      calls: toldCalls(message),
      content: second.choices[0].message.content,
    };
  },

  async tools_stream(question) {
    const client = clientOf(question);
    const messages = conversation(question);
    const common = { model: question.model, tools: [question.tool], ...question.params };
    const first = await client.chat.completions.stream({ messages, ...common }).finalChatCompletion();
    const message = first.choices[0].message;
    const results = calls(message).map((call) => ({
      role: "tool",
      tool_call_id: call.id,
      content: question.result,
    }));
    const asked = { messages: [...messages, message, ...results], ...common };
    const second = await client.chat.completions.stream(asked).finalChatCompletion();
    return {
      finish_reason: first.choices[0].finish_reason,
      calls: toldCalls(message),
      content: second.choices[0].message.content,
    };
  },

  async parse(question) {
    const answer = await clientOf(question).chat.completions.parse({
      model: question.model,
      messages: conversation(question),
      response_format: zodResponseFormat(Person, "person"),
      ...question.params,
    });
    return Person.parse(answer.choices[0].message.parsed);
  },

  async parse_stream(question) {
    const answer = await clientOf(question)
      .chat.completions.stream({
        model: question.model,
        messages: conversation(question),
        response_format: zodResponseFormat(Person, "person"),
        ...question.params,
      })
      .finalChatCompletion();
    return Person.parse(answer.choices[0].message.parsed);
  },

  async embeddings(question) {
    const answer = await clientOf(question).embeddings.create({
      model: question.model,
      input: question.texts,
      ...(question.format ? { encoding_format: question.format } : {}),
    });
    return { vectors: answer.data.map((one) => one.embedding), prompt_tokens: answer.usage.prompt_tokens };
  },

  async models(question) {
    const ids = [];
    for await (const one of clientOf(question).models.list()) ids.push(one.id);
    return ids;
  },

  async model(question) {
    return (await clientOf(question).models.retrieve(question.model)).id;
  },

  async together(question) {
    const client = clientOf(question);
    const one = async ([model, text]) => {
      const messages = [{ role: "user", content: text }];
      const answer = await client.chat.completions.create({ model, messages, ...question.params });
      return answer.choices[0].message.content;
    };
    return await Promise.all(question.asked.map(one));
  },
};

function toldOf(error) {
  return {
    class: error.constructor.name,
    status: error.status ?? null,
    type: error.type ?? null,
    code: error.code ?? null,
    body: error.error ?? null,
    message: String(error.message),
    trace: String(error.stack),
  };
}

const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const { version } = JSON.parse(readFileSync(`${process.argv[2]}/node_modules/openai/package.json`, "utf-8"));
tell({ client: "openai (npm)", version, tasks: Object.keys(tasks).sort() });
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  try {
    tell({ id: question.id, ok: true, value: await tasks[question.task](question) });
  } catch (error) {
    tell({ id: question.id, ok: false, error: toldOf(error) });
  }
}
