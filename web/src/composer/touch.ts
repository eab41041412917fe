// Whether fingers write here: then Enter is a new line, and the keyboard is not called up without a press.
export const isTouch = (): boolean => typeof matchMedia === 'function' && matchMedia('(pointer: coarse)').matches;
