// The keyboard: one table, which the listener reads and the help sheet shows.

export interface Shortcut {
  keys: string; // as KeyboardEvent.key, with "Mod+" for Ctrl or Command, "Shift+", "Alt+"
  words: string; // key of the text
  run: Action;
  anywhere?: boolean; // also while a field has the focus
}

export type Action =
  'new' | 'search' | 'models' | 'sidebar' | 'settings' | 'help' | 'compose' | 'next' | 'previous' | 'undo';

export const SHORTCUTS: Shortcut[] = [
  { keys: 'Mod+Shift+O', words: 'shell.key_new', run: 'new', anywhere: true },
  { keys: 'Mod+K', words: 'shell.key_search', run: 'search', anywhere: true },
  { keys: 'Mod+/', words: 'shell.key_models', run: 'models', anywhere: true },
  { keys: 'Mod+,', words: 'shell.key_settings', run: 'settings', anywhere: true },
  { keys: 'Mod+B', words: 'shell.key_sidebar', run: 'sidebar', anywhere: true },
  { keys: '/', words: 'shell.key_compose', run: 'compose' },
  { keys: 'j', words: 'shell.key_next', run: 'next' },
  { keys: 'k', words: 'shell.key_previous', run: 'previous' },
  { keys: 'Mod+z', words: 'shell.key_undo', run: 'undo', anywhere: true }, // (not where there is text)
  { keys: '?', words: 'shell.key_help', run: 'help' },
];

/** What else the keyboard does, for the help sheet: these belong to the parts that have them. */
export const ELSEWHERE: [string, string][] = [
  ['Enter', 'shell.key_send'],
  ['Shift+Enter', 'shell.key_break'],
  ['Escape', 'shell.key_stop'],
  ['↑', 'shell.key_edit_last'],
  ['F2', 'shell.key_rename'],
  ['Delete', 'shell.key_delete'],
];

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** The shortcut of a key press. */
export function shortcutOf(event: Pressed, inField: boolean): Shortcut | undefined {
  if (event.altKey) return undefined;
  const mod = event.ctrlKey || event.metaKey;
  return SHORTCUTS.find(({ keys, anywhere }) => {
    const parts = keys.split(/\+(?=.)/);
    const key = parts.at(-1) ?? '';
    const isLetter = /^[a-z]$/i.test(key);
    return (
      (anywhere || !inField) &&
      parts.includes('Mod') === mod &&
      (!isLetter || parts.includes('Shift') === event.shiftKey) && // of signs, Shift is how some keyboards make them
      event.key.toLowerCase() === key.toLowerCase()
    );
  });
}
