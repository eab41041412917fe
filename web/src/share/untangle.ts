// Makes a tree of messages whose parents somebody else named: no cycles, nothing that hangs in the air.
import type { Message } from '../model/types';
import type { Problems } from './problems';

function put(lists: Map<string, string[]>, name: string, one: string): void {
  const list = lists.get(name);
  if (list) list.push(one);
  else lists.set(name, [one]);
}

/** `messages` with parents by their new `ids`; what cannot stand in a conversation is left out or cut free. */
export function untangle(
  messages: readonly Message[],
  ids: ReadonlyMap<string, string>,
  problems: Problems,
  where: string,
): Message[] {
  const known = new Set(messages.map(({ id }) => id));
  const parentsOf = (message: Message): string[] => {
    const found = [...new Set(message.parents.flatMap((old) => ids.get(old) ?? []))].filter((id) => known.has(id));
    const kept = message.role === 'user' ? found : found.slice(0, 1);
    if (kept.length < message.parents.length) problems.add('parent', where, message.parents.length - kept.length);
    return kept;
  };
  const wanted = new Map(messages.map((message) => [message.id, parentsOf(message)]));
  const children = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const [id, parents] of wanted) {
    waiting.set(id, parents.length);
    for (const parent of parents) put(children, parent, id);
  }
  // Parents before children. A round that stands still has met a cycle: its first message loses its parents there.
  const placed = new Set<string>();
  const ready = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  const rest = messages.map(({ id }) => id);
  let at = 0;
  while (placed.size < messages.length) {
    let id = ready.pop();
    if (id === undefined) {
      while (placed.has(rest[at] ?? '')) at++;
      id = rest[at++];
      if (id === undefined) break;
      const kept = (wanted.get(id) ?? []).filter((parent) => placed.has(parent));
      problems.add('parent', where, (wanted.get(id)?.length ?? 0) - kept.length);
      wanted.set(id, kept);
    }
    if (placed.has(id)) continue;
    placed.add(id);
    for (const child of children.get(id) ?? []) {
      const count = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, count);
      if (count === 0) ready.push(child);
    }
  }
  return rooted(messages, wanted, problems, where);
}

/** Without the answers whose question is lost, and what stands below them only. `parents` has no cycles. */
function rooted(
  messages: readonly Message[],
  parents: ReadonlyMap<string, readonly string[]>,
  problems: Problems,
  where: string,
): Message[] {
  const children = new Map<string, string[]>();
  const reached = new Set<string>();
  const ready: string[] = [];
  for (const { id, role, parents: wanted } of messages) {
    const above = parents.get(id) ?? [];
    if (!above.length && (role === 'user' || !wanted.length)) ready.push(id);
    for (const parent of above) put(children, parent, id);
  }
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    for (const child of children.get(id) ?? []) ready.push(child);
  }
  if (reached.size < messages.length) problems.add('parent', where, messages.length - reached.size);
  return messages
    .filter(({ id }) => reached.has(id))
    .map((message) => ({ ...message, parents: (parents.get(message.id) ?? []).filter((id) => reached.has(id)) }));
}
