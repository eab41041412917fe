// The scale of a chart: round numbers from zero to at least the largest value.

const STEPS = [1, 2, 2.5, 5, 10];

/** Round ticks from 0 to a last one that is at least `most`, about `wanted` of them; `whole`: no fractions. */
export function ticksOf(most: number, wanted = 4, whole = false): number[] {
  if (!(most > 0) || !Number.isFinite(most)) return [0, 1];
  const rough = most / Math.max(1, wanted);
  const size = 10 ** Math.floor(Math.log10(rough));
  const factor = STEPS.find((one) => one * size >= rough * (1 - 1e-9)) ?? 10;
  let step = factor * size;
  if (whole) step = step < 1 ? 1 : factor === 2.5 && size === 1 ? 3 : Math.round(step);
  const last = Math.ceil(most / step - 1e-9);
  return Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** Every how many labels one is shown, so that each has `room` of the `width` that all have together. */
export function everyOf(labels: number, width: number, room: number): number {
  return Math.max(1, Math.ceil((labels * room) / Math.max(1, width)));
}
