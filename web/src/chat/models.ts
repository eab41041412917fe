// The models that can be asked: what a server lists, read with care, and which one to begin with.
import type { Model } from '../model/types';
import { favourites, recents } from '../prefs';
import { models, modelTrouble } from '../state';
import { t } from '../text';
import { asCount, asList, asObject, asText, isObject, parsed, type Json } from './json';
import { problemFrom, problemOf, readText, Refused } from './problem';
import { headersFor, placeOf } from './wire';

const MOST = 5000;
const MOST_BYTES = 32 * 1024 * 1024;
const LONGEST_ID = 512;
const NO_CHAT =
  /embed|rerank|whisper|transcri|moderation|\btts|dall-e|image-gen|stable-diffusion|\bflux\b|\bbge\b|\bclip\b/i;

const silent = new WeakSet<Model>(); // those that do not write text

const words = (value: unknown): string[] =>
  asList(value)
    .slice(0, 50)
    .flatMap((one) => (typeof one === 'string' ? one.slice(0, 60) : []));
const price = (value: unknown): number | undefined =>
  value !== '' && ['string', 'number'].includes(typeof value) ? asCount(Number(value) * 1e6) : undefined;

function modelOf(entry: Json): Model | null {
  const id = asText(entry.id);
  if (!id || id.length > LONGEST_ID) return null;
  const franca = asObject(entry.franca);
  const architecture = asObject(entry.architecture);
  const pricing = asObject(entry.pricing);
  const told = asObject(franca.modalities);
  const writes = words(told.output ?? architecture.output_modalities);
  const reads = words(told.input ?? architecture.input_modalities ?? franca.modalities);
  const model: Model = {
    id,
    name: asText(entry.name).slice(0, LONGEST_ID) || id,
    server: asText(franca.server),
    context: asCount(franca.context_length) ?? asCount(entry.context_length),
    promptPrice: price(pricing.prompt),
    writtenPrice: price(pricing.completion),
    reads: reads.length ? reads : ['text'],
    supports: [...new Set([...words(franca.supports), ...words(entry.supported_parameters)])],
    about: asText(entry.description).slice(0, 1000) || undefined,
  };
  if (writes.length ? !writes.includes('text') : NO_CHAT.test(`${id} ${asText(entry.type)}`)) silent.add(model);
  return model;
}

/** The models in any answer to GET v1/models; null where it is no list. */
export function modelsIn(value: unknown): Model[] | null {
  const list = isObject(value) ? (value.data ?? value.models) : value;
  if (!Array.isArray(list)) return null;
  const found = new Map<string, Model>();
  for (const entry of list) {
    if (found.size >= MOST) break;
    const model = isObject(entry) ? modelOf(entry) : null;
    if (model && !found.has(model.id)) found.set(model.id, model);
  }
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...found.values()].sort((a, b) => compare(a.id, b.id) || (a.id < b.id ? -1 : 1));
}

/** The model to begin with: one that was liked or used before, else the first that writes text. */
export function firstOf(list: readonly Model[]): string | undefined {
  const ids = new Set(list.map(({ id }) => id));
  const known = [...favourites.peek(), ...recents.peek()].find((id) => ids.has(id));
  return known ?? (list.find((one) => !silent.has(one)) ?? list[0])?.id;
}

const turns = new Map<string, number>();

/** Ask a server ("" is the gateway) which models it has. What is wrong stands in `modelTrouble`. */
export async function loadModels(server = ''): Promise<void> {
  const turn = (turns.get(server) ?? 0) + 1; // an older answer must not take the place of a newer one
  turns.set(server, turn);
  let list: Model[] | null = null;
  let trouble = '';
  try {
    const response = await fetch(placeOf('v1/models'), { headers: headersFor(server) });
    if (!response.ok) throw new Refused(await problemFrom(response, server));
    list = modelsIn(parsed(await readText(response, MOST_BYTES)));
    if (!list) trouble = t('chat.no_list');
  } catch (error) {
    trouble = problemOf(error).message;
  }
  if (turns.get(server) !== turn) return;
  const { [server]: _old, ...others } = modelTrouble.peek();
  modelTrouble.value = trouble ? { ...others, [server]: trouble } : others;
  if (list) models.value = { ...models.peek(), [server]: list };
}
