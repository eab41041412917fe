// The list of conversations in groups by age.
import type { Chat } from '../model/types';

export const GROUPS = ['pinned', 'today', 'yesterday', 'week', 'older'] as const;
export type Group = (typeof GROUPS)[number];

/** The day's first moment, so many days before `now` as a calendar counts them. */
function dayBefore(now: number, days: number): number {
  const date = new Date(now);
  date.setHours(0, 0, 0, 0);
  date.setDate(date.getDate() - days);
  return date.getTime();
}

/** At most `most` conversations by group, in their order; groups without any are left out. */
export function grouped(list: readonly Chat[], now: number, most: number): [Group, Chat[]][] {
  const [today, yesterday, week] = [dayBefore(now, 0), dayBefore(now, 1), dayBefore(now, 7)] as const;
  const groups = new Map<Group, Chat[]>(GROUPS.map((name) => [name, []]));
  for (const chat of list.slice(0, most)) {
    const at = chat.updated;
    const name = chat.pinned
      ? 'pinned'
      : at >= today
        ? 'today'
        : at >= yesterday
          ? 'yesterday'
          : at >= week
            ? 'week'
            : 'older';
    groups.get(name)?.push(chat);
  }
  return [...groups].filter(([, some]) => some.length > 0);
}

const MOST_TAGS = 20;

/** Tags as a person writes them: separated by commas, each once whatever its case. */
export function tagsOf(text: string): string[] {
  const found = new Map<string, string>();
  for (const part of text.split(/[,，、]/)) {
    const tag = part.trim().replace(/^#+/, '').slice(0, 40).trim();
    if (tag && !found.has(tag.toLowerCase())) found.set(tag.toLowerCase(), tag);
  }
  return [...found.values()].slice(0, MOST_TAGS);
}

/** The tags of all conversations, the most used ones first. */
export function allTags(list: readonly Chat[]): string[] {
  const counts = new Map<string, number>();
  for (const { tags } of list) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .map(([tag]) => tag)
    .slice(0, MOST_TAGS);
}
