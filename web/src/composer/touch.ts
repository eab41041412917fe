// Whether fingers write here: then Enter is a new line, and the keyboard is not called up without a press.
export const isTouch = (): boolean => typeof matchMedia === 'function' && matchMedia('(pointer: coarse)').matches;

/** The keyboard goes to the field where a message is written: what it stood on is gone, or can do nothing more. */
export function toField(): void {
  if (!isTouch()) document.querySelector<HTMLElement>('[data-part=composer] textarea')?.focus();
}
