// Keeps the place of the keyboard when what it stood on is replaced: by another version, or by nothing.
import { effect } from '@preact/signals';
import { steps } from './steps';

interface Place {
  element: Element;
  at: number; // of its message among those that are shown
  does: string | undefined;
}

const shown = () => [...document.querySelectorAll<HTMLElement>('[data-part=conversation] [data-part=message]')];

/** For as long as the page is there: buttons that take away what they stand on are found again, or what is there. */
export function keepFocus(): void {
  let place: Place | undefined;
  document.addEventListener('focusin', ({ target }) => {
    const own = target instanceof HTMLElement && target.closest<HTMLElement>('[data-part=message]');
    place = own ? { element: target, at: shown().indexOf(own), does: target.dataset.do } : undefined;
  });
  const find = () => {
    if (!place || place.element.isConnected || document.activeElement !== document.body) return;
    const { at, does } = place;
    place = undefined;
    const all = shown();
    const message = all[Math.min(at, all.length - 1)];
    const button = does && does !== 'delete' && message?.querySelector<HTMLElement>(`[data-do="${does}"]`);
    (button || message)?.focus({ preventScroll: true });
  };
  effect(() => {
    if (steps.value.length) requestAnimationFrame(find); // when they are shown
  });
}
