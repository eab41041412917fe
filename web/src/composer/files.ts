// Files that are to go with a message: which can, how large they may be, and pictures made fit for a model.
import { chat, gateway, messages, newId } from '../state';
import { number, t } from '../text';
import { stepsOf } from '../chat/tree';
import type { Attachment } from '../model/types';
import type { Held } from './draft';
import { pictureOf, sniff, textOf } from './sniff';

export const MOST_FILES = 10;
export const MOST_BYTES = 20 * 1024 * 1024;
export const LONG_SIDE = 2048;
const MOST_PIXELS = 100_000_000;
const SPARE = 128 * 1024; // of a request: everything that is neither a file nor a message

/** Bytes in a request: texts as they are (a little more for what JSON escapes), all else in base64. */
export function weight({ kind, size }: Pick<Attachment, 'kind' | 'size'>): number {
  return kind === 'text' ? Math.ceil(size * 1.05) + 100 : Math.ceil(size / 3) * 4 + 100;
}

/** What the files of the messages before weigh: they are sent again. */
function weightBefore(): number {
  let sum = 0;
  for (const { user } of stepsOf(messages.peek(), chat.peek())) {
    for (const one of user?.attachments ?? []) sum += weight(one);
  }
  return sum;
}

/** Bytes that are still free in a request of the open conversation. */
export function roomFor(held: readonly Held[], characters: number): number {
  const used = held.reduce((sum, { attachment }) => sum + weight(attachment), 0);
  return gateway.peek().max_body - SPARE - characters * 2 - used - weightBefore();
}

/** A name that cannot turn the words around it, and is not endless. */
export function cleanName(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Bidi_C}\u2028\u2029]/gu, '').trim();
  return middle(clean, 120) || 'file';
}

/** Cut in the middle: the end of a file's name says what it is. */
export function middle(text: string, most: number): string {
  const signs = [...text];
  if (signs.length <= most) return text;
  const end = Math.min(12, most >> 1);
  return `${signs.slice(0, most - end - 1).join('')}…${signs.slice(-end).join('')}`;
}

export function bytes(size: number): string {
  const [unit, by] = size < 1000 ? ['byte', 1] : size < 1e6 ? ['kilobyte', 1e3] : ['megabyte', 1e6];
  return number(size / Number(by), {
    style: 'unit',
    unit: String(unit),
    unitDisplay: size < 1000 ? 'long' : 'short',
    maximumFractionDigits: size < 1e6 ? 0 : 1,
  });
}

/** The picture as the browser shows it (upright), at most so large; undefined where it cannot be decoded. */
async function redraw(from: Blob, type: string, most: number): Promise<Blob | undefined> {
  try {
    const picture = await createImageBitmap(from, { imageOrientation: 'from-image' });
    const scale = Math.min(1, most / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext('2d');
    if (!pen) return undefined;
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const target = type === 'image/jpeg' || type === 'image/webp' ? type : 'image/png';
    return (await new Promise<Blob | null>((done) => canvas.toBlob(done, target, 0.9))) ?? undefined;
  } catch {
    return undefined;
  }
}

type Taken = Held | string; // or why not

function hold(kind: Attachment['kind'], name: string, data: Blob): Held {
  return { attachment: { id: newId(), kind, name, type: data.type, size: data.size }, data };
}

async function takePicture(raw: Uint8Array<ArrayBuffer>, name: string, type: string, isForeign: boolean) {
  const { width, height, turned } = pictureOf(raw, type);
  if (width * height > MOST_PIXELS) return t('composer.too_many_pixels', { name });
  const data = new Blob([raw], { type });
  const isLarge = Math.max(width, height) > LONG_SIDE;
  if (!isLarge && !turned && !isForeign) return hold('image', name, data);
  const drawn = await redraw(data, type, LONG_SIDE);
  if (!drawn) return isForeign ? t('composer.no_picture', { name }) : hold('image', name, data);
  const held = hold('image', isForeign ? `${name.replace(/\.\w+$/, '')}.png` : name, drawn);
  return isLarge ? { ...held, full: data, scaled: true } : held;
}

async function takeOne(file: File): Promise<Taken> {
  const name = cleanName(file.name);
  if (file.size > MOST_BYTES) return t('composer.too_large', { name, most: bytes(20e6) });
  let raw: Uint8Array<ArrayBuffer>;
  try {
    raw = new Uint8Array(await file.arrayBuffer());
  } catch {
    return t('composer.unreadable', { name }); // a folder, or gone since then
  }
  const { kind, type } = sniff(raw);
  if (kind === 'image' || kind === 'foreign') return takePicture(raw, name, type, kind === 'foreign');
  if (kind === 'text') {
    const text = textOf(raw) ?? '';
    if (!text.trim()) return t('composer.empty_file', { name });
    return hold(kind, name, new Blob([text], { type: 'text/plain' })); // in UTF-8, whatever it was
  }
  if (kind !== 'other') return hold(kind, name, new Blob([raw], { type }));
  return t(/^audio\//.test(file.type) ? 'composer.no_audio' : 'composer.no_kind', { name });
}

/** Look at these files in turn, beside what is already held. */
export async function look(list: readonly File[], held: readonly Held[], characters: number) {
  const taken: Held[] = [];
  const problems: string[] = [];
  for (const file of list) {
    if (held.length + taken.length >= MOST_FILES) {
      problems.push(t('composer.too_many', { most: MOST_FILES }));
      break;
    }
    const one = await takeOne(file);
    if (typeof one === 'string') problems.push(one);
    else if (weight(one.attachment) > roomFor([...held, ...taken], characters)) {
      problems.push(t('composer.no_room', { name: one.attachment.name, most: bytes(gateway.peek().max_body) }));
    } else taken.push(one);
  }
  return { held: taken, problems };
}

/** The picture at its full size, or scaled down again. Undefined: the full one does not fit. */
export async function resize(one: Held, held: readonly Held[], characters: number): Promise<Held | undefined> {
  if (!one.full) return one;
  const data = one.scaled ? one.full : await redraw(one.full, one.full.type, LONG_SIDE);
  if (!data) return one;
  // Another id: the bytes of an id never change.
  const changed = { ...hold('image', one.attachment.name, data), full: one.full, scaled: !one.scaled };
  const others = held.filter((other) => other !== one);
  return weight(changed.attachment) > roomFor(others, characters) ? undefined : changed;
}
