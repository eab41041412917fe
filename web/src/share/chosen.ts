// Which siblings are shown, with the ids that messages have now: keys and values are made of ids (chat/tree.ts).
import { isRecord } from './read';

const MOST = 20_000;

function renamed(key: string, ids: ReadonlyMap<string, string>): string | null {
  const [, kind, rest = ''] = /^([uak]):([^]*)$/.exec(key) ?? [];
  if (!kind) return null;
  const lane = kind === 'a' ? /:\d{1,3}$/.exec(rest)?.[0] : '';
  if (lane === undefined) return null;
  const parts = rest.slice(0, rest.length - lane.length).split(',');
  const made = parts.map((part) => (part ? ids.get(part) : ''));
  return made.includes(undefined) ? null : `${kind}:${made.join()}${lane}`;
}

export function chosenOf(value: unknown, ids: ReadonlyMap<string, string>): Record<string, string> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST)
      .flatMap(([key, one]): [string, string][] => {
        const to = renamed(key, ids);
        if (to === null || typeof one !== 'string') return [];
        if (to.startsWith('k:')) return /^\d{1,3}$/.test(one) ? [[to, one]] : []; // a lane
        const shown = ids.get(one);
        return shown ? [[to, shown]] : [];
      }),
  );
}
