// Words for a screen reader.
import { spoken } from '../prefs';
import { said } from '../state';

/** Said even when the same was said before, and only to who wants it. */
export function say(words: string): void {
  if (spoken.peek()) said.value = said.peek() === words ? `${words}\u00a0` : words;
}
