// What a file really is, by its bytes: names and types that a browser gives are only claims.
import type { Attachment } from '../model/types';

/** `foreign` is a picture that models do not read as it is; `other` is anything that cannot be sent. */
export interface Sniffed {
  kind: Attachment['kind'] | 'foreign' | 'other';
  type: string;
}

const at = (bytes: Uint8Array, from: number, text: string) =>
  [...text].every((one, index) => bytes[from + index] === one.charCodeAt(0));

/** Begins with these letters, of which a dot stands for any byte. */
const begins = (bytes: Uint8Array, text: string) =>
  bytes.length >= text.length && [...text].every((one, index) => one === '.' || bytes[index] === one.charCodeAt(0));

const MARKS: [string, Sniffed['kind'], string][] = [
  ['\x89PNG\r\n\x1a\n', 'image', 'image/png'],
  ['\xff\xd8\xff', 'image', 'image/jpeg'],
  ['GIF87a', 'image', 'image/gif'],
  ['GIF89a', 'image', 'image/gif'],
  ['RIFF....WEBP', 'image', 'image/webp'],
  ['RIFF....WAVE', 'audio', 'audio/wav'],
  ['ID3', 'audio', 'audio/mpeg'],
  ['%PDF-', 'pdf', 'application/pdf'],
  ['II*\0', 'foreign', 'image/tiff'],
  ['MM\0*', 'foreign', 'image/tiff'],
  ['\0\0\x01\0', 'foreign', 'image/x-icon'],
  ['BM....\0\0\0\0', 'foreign', 'image/bmp'],
];
const PICTURES = ['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1', 'avif', 'avis'];

export function sniff(bytes: Uint8Array): Sniffed {
  for (const [mark, kind, type] of MARKS) {
    // Three letters say little: a text may begin with them as well.
    if (begins(bytes, mark) && (mark !== 'ID3' || (bytes[3] ?? 255) < 5)) return { kind, type };
  }
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && (second & 0xe6) === 0xe2) return { kind: 'audio', type: 'audio/mpeg' };
  if (at(bytes, 4, 'ftyp')) {
    const brand = PICTURES.find((one) => at(bytes, 8, one));
    return brand
      ? { kind: 'foreign', type: brand.startsWith('avi') ? 'image/avif' : 'image/heic' }
      : { kind: 'other', type: '' };
  }
  return textOf(bytes) === undefined ? { kind: 'other', type: '' } : { kind: 'text', type: 'text/plain' };
}

/** The text of a file: UTF-8 without zeros, or UTF-16 that says so. Undefined: it is none. */
export function textOf(bytes: Uint8Array): string | undefined {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const wide = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : '';
  if (!wide && bytes.includes(0)) return undefined;
  try {
    const text = new TextDecoder(wide || 'utf-8', { fatal: true }).decode(bytes);
    return wide && text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

export interface Picture {
  width: number;
  height: number;
  turned: boolean; // to be turned or mirrored before it is looked at
}

/** Size of a picture from its head, without decoding it; zeros where the head does not say. */
export function pictureOf(bytes: Uint8Array, type: string): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (type === 'image/png') return { width: view.getUint32(16), height: view.getUint32(20), turned: false };
    if (type === 'image/gif') return { width: view.getUint16(6, true), height: view.getUint16(8, true), turned: false };
    if (type === 'image/webp') return webp(view);
    if (type === 'image/jpeg') return jpeg(view);
  } catch {
    // shorter than it should be
  }
  return { width: 0, height: 0, turned: false };
}

function webp(view: DataView): Picture {
  const kind = view.getUint8(15);
  const small = (from: number) => view.getUint16(from, true) & 0x3fff;
  if (kind === 0x20) return { width: small(26), height: small(28), turned: false };
  const packed = view.getUint32(21, true);
  if (kind === 0x4c) return { width: (packed & 0x3fff) + 1, height: ((packed >> 14) & 0x3fff) + 1, turned: false };
  const three = (from: number) => (view.getUint32(from, true) & 0xffffff) + 1;
  return { width: three(24), height: three(27), turned: false };
}

function jpeg(view: DataView): Picture {
  let turned = false;
  for (let from = 2; from + 4 <= view.byteLength;) {
    const marker = view.getUint16(from);
    if (marker === 0xffff) {
      from += 1; // filling
      continue;
    }
    if (marker < 0xff00) break;
    const isSize = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isSize) return { width: view.getUint16(from + 7), height: view.getUint16(from + 5), turned };
    if (marker === 0xffe1) turned ||= isTurned(view, from + 4);
    from += 2 + view.getUint16(from + 2);
  }
  return { width: 0, height: 0, turned };
}

/** Whether the Exif block at this place says that the picture does not stand upright. */
function isTurned(view: DataView, from: number): boolean {
  if (view.getUint32(from) !== 0x45786966) return false;
  const base = from + 6;
  const little = view.getUint16(base) === 0x4949;
  const list = base + view.getUint32(base + 4, little);
  const count = view.getUint16(list, little);
  for (let index = 0; index < count; index++) {
    const entry = list + 2 + index * 12;
    if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little) > 1;
  }
  return false;
}
