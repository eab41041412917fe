// How structured mode went: the gateway judges whether the text is what was asked for. What is not is never a value.
import type { Shaped } from '../model/types';
import { asCount, asList, asObject, asText, isObject, parsed } from './json';
import { errorOf, problemOf, readText } from './problem';
import { post } from './wire';

const MOST = 8 * 1024 * 1024;
const MOST_PROBLEMS = 100;

/** `told` is "mode; repairs=N; attempts=N". */
export async function judge(schema: unknown, text: string, told: string, signal: AbortSignal): Promise<Shaped> {
  const count = (name: string) => asCount(Number(new RegExp(`${name}=(\\d+)`).exec(told)?.[1])) ?? 0;
  const mode = told.split(';', 1)[0]?.trim() ?? '';
  const shaped = { schema, mode, repairs: count('repairs'), attempts: count('attempts') };
  const invalid = (message: string) => ({ ...shaped, valid: false, problems: [{ path: '', message }] });
  try {
    const response = await post('page/api/check', JSON.stringify({ schema, text }), '', signal);
    const found = parsed(await readText(response, MOST));
    if (!response.ok || !isObject(found)) return invalid(errorOf(found, response.status).message);
    if (found.valid === true && 'value' in found) return { ...shaped, valid: true, value: found.value, problems: [] };
    const problems = asList(found.problems)
      .slice(0, MOST_PROBLEMS)
      .map((one) => {
        const { path, message } = asObject(one);
        return { path: asText(path), message: asText(message) };
      });
    return { ...shaped, valid: false, problems };
  } catch (error) {
    return invalid(problemOf(error).message);
  }
}
