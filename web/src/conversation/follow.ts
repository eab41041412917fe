// Keeps the end of a conversation in view for as long as the reader stays there, and never against the reader.
import type { Signal } from '@preact/signals';

const NEAR = 40; // px from the end that still count as the end
const UP = new Set(['ArrowUp', 'PageUp', 'Home']);

export interface Following {
  toEnd(): void;
  toTop(): void;
  end(): void;
}

/** `away` becomes true when the reader has left the end. */
export function follow(scroller: HTMLElement, content: HTMLElement, away: Signal<boolean>): Following {
  let on = true;
  let last = 0;
  let finger = 0;
  const gap = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  const tell = () => {
    last = scroller.scrollTop;
    away.value = !on && gap() > NEAR;
  };
  const pin = () => {
    if (on) scroller.scrollTop = scroller.scrollHeight;
    tell();
  };
  const leave = () => {
    if (scroller.scrollTop > 0) on = false;
  };
  const hears: [string, (event: Event) => void][] = [
    ['wheel', (event) => event instanceof WheelEvent && event.deltaY < 0 && !event.ctrlKey && leave()],
    ['touchstart', (event) => void (finger = yOf(event))],
    ['touchmove', (event) => yOf(event) > finger + 3 && leave()],
    ['keydown', (event) => goesUp(event) && leave()],
    [
      'scroll',
      () => {
        const top = scroller.scrollTop;
        // The browser itself pulls the view back when there is less to show; then it stands at the very end.
        if (top < last && gap() > 1) on = false;
        else if (top > last && gap() <= NEAR) on = true;
        tell();
      },
    ],
  ];
  for (const [name, hear] of hears) scroller.addEventListener(name, hear, { passive: true });
  const sizes = new ResizeObserver(pin);
  sizes.observe(content);
  sizes.observe(scroller);
  return {
    toEnd() {
      on = true;
      pin();
    },
    toTop() {
      on = false;
      scroller.scrollTop = 0;
      tell();
    },
    end() {
      sizes.disconnect();
      for (const [name, hear] of hears) scroller.removeEventListener(name, hear);
    },
  };
}

function yOf(event: Event): number {
  return (event as TouchEvent).touches[0]?.clientY ?? 0;
}

function goesUp(event: Event): boolean {
  const { key, shiftKey, target } = event as KeyboardEvent;
  if (target instanceof Element && target.closest('input, textarea, select, [role=menu]')) return false;
  return UP.has(key) || (key === ' ' && shiftKey);
}
