// What a model is called on the page: its short name and who serves it.
import { computed } from '@preact/signals';
import type { Model } from '../model/types';
import { otherServers } from '../prefs';
import { models } from '../state';

const known = computed(() => {
  const all = new Map<string, Model>();
  for (const [server, list] of Object.entries(models.value)) {
    for (const one of list) all.set(`${server}\n${one.id}`, one);
  }
  return all;
});

export function nameOf(id = '', server = ''): { name: string; from: string } {
  const found = known.value.get(`${server}\n${id}`);
  const told = found && found.name !== id ? found.name.replace(/^[^:]{1,30}: /, '') : '';
  const called = told || id.slice(id.lastIndexOf('/') + 1);
  const other = server && otherServers.value.find((one) => one.id === server)?.name;
  const slash = id.indexOf('/');
  return { name: called, from: other || found?.server || (!server && slash > 0 ? id.slice(0, slash) : '') };
}
