// Whether a key belongs to an input method that composes (Chinese, Japanese, Korean, …): it then chooses or ends a
// composition and must never send.

let ended = -1; // time stamp of the last end of a composition

export function noteComposition(event: Event): void {
  ended = event.timeStamp;
}

/**
 * Browsers say it in three ways: `isComposing`; the key code 229 (Safari tells the end of the composition before the
 * very key that ended it, and then only the code says so); or a key press that is older than the end that it caused.
 */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229 || event.timeStamp <= ended;
}
