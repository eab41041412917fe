// A moment as the person writes it: their own way where the page speaks their language.
import { language } from '../text';

export function when(ms: number): string {
  const own = navigator.language;
  return new Date(ms).toLocaleString(own.startsWith(language.value) ? own : language.value);
}
