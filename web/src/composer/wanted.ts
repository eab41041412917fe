// From what was pasted to what is asked for in structured mode: is it a JSON Schema or an example of the answer?
import { post } from '../chat/wire';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
export const MOST_SOURCE = 200_000; // characters
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const SCHEMA_KEYS = ['properties', 'items', 'prefixItems', 'enum', 'const', 'required', 'additionalProperties'];
const SURE_KEYS = ['$schema', '$defs', '$ref', 'anyOf', 'oneOf', 'allOf'];

type Thing = Record<string, unknown>;
export const isThing = (value: unknown): value is Thing =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isName = (name: string) => NAME.test(name);

/** A name that may be one: what cannot be in it becomes "_". */
export function nameFor(text: unknown): string {
  const clean = typeof text === 'string' ? text.normalize('NFKD').replace(/[^A-Za-z0-9_-]+/g, '_') : '';
  return clean.replace(/^_+|_+$/g, '').slice(0, 64) || 'answer';
}

/** Whether this looks like a schema rather than like an example. */
export function isSchema(value: unknown): boolean {
  if (!isThing(value)) return false;
  if (SURE_KEYS.some((key) => Object.hasOwn(value, key))) return true;
  const types = Array.isArray(value.type) ? value.type : [value.type];
  if (!types.length || !types.every((one) => TYPES.includes(String(one)))) return false;
  // {"type": "string"} alone is a schema; {"type": "object", "size": 3} is more likely a thing of a type.
  return Object.keys(value).length === 1 || SCHEMA_KEYS.some((key) => Object.hasOwn(value, key));
}

/** A schema as it stands in requests, out of what is wrapped around it there. */
export function unwrap(value: unknown): { schema: unknown; name?: string } {
  if (!isThing(value)) return { schema: value };
  if (value.type === 'json_schema' && isThing(value.json_schema)) return unwrap(value.json_schema);
  if (!isSchema(value) && isSchema(value.schema)) return { schema: value.schema, name: nameFor(value.name) };
  return isSchema(value) && typeof value.title === 'string'
    ? { schema: value, name: nameFor(value.title) }
    : { schema: value };
}

async function ask(path: string, body: unknown, signal: AbortSignal): Promise<Thing> {
  const answer = await post(path, JSON.stringify(body), '', signal);
  const told: unknown = await answer.json().catch(() => ({}));
  if (answer.ok && isThing(told)) return told;
  const error = isThing(told) && isThing(told.error) ? told.error.message : undefined;
  throw new Error(typeof error === 'string' ? error.slice(0, 500) : `HTTP ${answer.status}`);
}

/** The schema that the gateway makes of an example. */
export async function schemaOf(example: unknown, signal: AbortSignal): Promise<unknown> {
  return (await ask('page/api/schema', { example }, signal)).schema;
}

/** Why the gateway does not take this for a schema; "" if it does, or cannot be asked. */
export async function schemaTrouble(schema: unknown, signal: AbortSignal): Promise<string> {
  try {
    await ask('page/api/check', { schema, text: 'null' }, signal);
    return '';
  } catch (error) {
    return error instanceof TypeError || signal.aborted ? '' : error instanceof Error ? error.message : '';
  }
}

const text = { type: 'string' };
const thing = (properties: Thing, optional: string[] = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((one) => !optional.includes(one)),
  additionalProperties: false,
});
const orNull = (type: string) => ({ type: [type, 'null'] });

/** Ready to be used, and to be learnt from. */
export const EXAMPLES: Record<'contact' | 'tasks' | 'verdict', Thing> = {
  contact: thing({
    name: text,
    company: orNull('string'),
    emails: { type: 'array', items: text },
    phones: { type: 'array', items: text },
  }),
  tasks: thing({
    tasks: {
      type: 'array',
      items: thing({
        title: text,
        owner: orNull('string'),
        due: { type: ['string', 'null'], description: 'YYYY-MM-DD' },
        priority: { enum: ['low', 'normal', 'high'] },
      }),
    },
  }),
  verdict: thing({ reason: text, answer: { type: 'boolean' } }),
};
