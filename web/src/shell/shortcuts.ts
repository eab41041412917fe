// Does what the keyboard asks for anywhere on the page.
import { useEffect } from 'preact/hooks';
import { startChat } from '../chat/actions';
import { sidebarOpen } from '../prefs';
import { panel, toast } from '../state';
import { type Action, shortcutOf } from './keys';

function focus(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

/** Put the focus on the message after (or before) the one that has it; on the last one if none has. */
function step(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('[data-part=message]')];
  const now = document.activeElement?.closest<HTMLElement>('[data-part=message]');
  const at = now ? all.indexOf(now) + by : all.length - 1;
  const next = all[Math.max(0, Math.min(all.length - 1, at))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

const ACTIONS: Record<Action, () => void> = {
  new: startChat,
  search: () => {
    sidebarOpen.value = true;
    requestAnimationFrame(() => focus('[data-part=sidebar] input[type=search]'));
  },
  models: () => (panel.value = { name: 'models' }),
  sidebar: () => (sidebarOpen.value = !sidebarOpen.value),
  settings: () => (panel.value = { name: 'settings' }),
  help: () => (panel.value = { name: 'help' }),
  compose: () => focus('[data-part=composer] textarea'),
  next: () => step(1),
  previous: () => step(-1),
  undo: () => {
    const run = toast.peek()?.action?.run;
    toast.value = null;
    run?.();
  },
};

export function useShortcuts(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || panel.peek() || document.querySelector('dialog[open]')) return;
      const at = event.target;
      const inField =
        at instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || at.isContentEditable);
      const found = shortcutOf(event, inField);
      if (!found) return;
      // In a field that has text it takes back what was typed.
      if (found.run === 'undo' && (!toast.peek()?.action || (inField && 'value' in at && at.value))) return;
      event.preventDefault();
      ACTIONS[found.run]();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}
