// Which models a search finds, and in what order they stand.
import type { Model } from '../model/types';

/** What a person types against what a model is: every word must occur somewhere in its id, name or abilities. */
export function matching(models: readonly Model[], typed: string): Model[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [...models];
  return models
    .map((model) => ({ model, score: score(model, words) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((one) => one.model);
}

function score(model: Model, words: string[]): number {
  const id = model.id.toLowerCase();
  const rest = `${model.name} ${model.supports.join(' ')} ${model.reads.join(' ')}`.toLowerCase();
  let total = 0;
  for (const word of words) {
    const at = id.indexOf(word);
    if (at >= 0) total += at === 0 || '/-.: '.includes(id[at - 1] ?? '') ? 3 : 2;
    else if (rest.includes(word)) total += 1;
    else return 0;
  }
  return total;
}

export interface Group {
  name: 'chosen' | 'favourites' | 'recents' | 'all';
  models: Model[];
}

/** Without a search: favourites and those used last come first, each model once. */
export function grouped(models: readonly Model[], favourites: readonly string[], recents: readonly string[]): Group[] {
  const byId = new Map(models.map((one) => [one.id, one]));
  const taken = new Set<string>();
  const take = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const found = byId.get(id);
      if (!found || taken.has(id)) return [];
      taken.add(id);
      return [found];
    });
  const groups: Group[] = [
    { name: 'favourites', models: take(favourites) },
    { name: 'recents', models: take(recents) },
  ];
  groups.push({ name: 'all', models: models.filter((one) => !taken.has(one.id)) });
  return groups.filter((one) => one.models.length);
}
