// Files that go with a message: what they are, and whether they fit.
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { cleanName, look, middle, MOST_BYTES, roomFor, weight } from '../src/composer/files';
import { pictureOf, sniff, textOf } from '../src/composer/sniff';
import { gateway } from '../src/state';

// jsdom has no such method.
Blob.prototype.arrayBuffer ??= function (this: Blob) {
  const reader = new FileReader();
  return new Promise((done) => {
    reader.onload = () => done(reader.result as ArrayBuffer);
    reader.readAsArrayBuffer(this);
  });
};

const latin = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);

beforeEach(() => {
  gateway.value = { ...gateway.peek(), max_body: 32 * 1024 * 1024 };
});

test.each([
  ['\x89PNG\r\n\x1a\n', 'image', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image', 'image/jpeg'],
  ['GIF89a', 'image', 'image/gif'],
  ['RIFF\0\0\0\0WEBPVP8 ', 'image', 'image/webp'],
  ['RIFF\0\0\0\0WAVEfmt ', 'audio', 'audio/wav'],
  ['ID3\x04\0', 'audio', 'audio/mpeg'],
  ['\xff\xfb\x90\0', 'audio', 'audio/mpeg'],
  ['%PDF-1.7', 'pdf', 'application/pdf'],
  ['\0\0\0\x18ftypheic', 'foreign', 'image/heic'],
  ['\0\0\0\x18ftypavif', 'foreign', 'image/avif'],
  ['BM\x36\0\0\0\0\0\0\0', 'foreign', 'image/bmp'],
  ['\0\0\0\x18ftypM4A ', 'other', ''],
  ['OggS\0', 'other', ''],
  ['PK\x03\x04\0\0', 'other', ''],
  ['<svg xmlns="http://www.w3.org/2000/svg"><script>', 'text', 'text/plain'],
  ['ID3 is a way to tag music', 'text', 'text/plain'],
  ['BMW builds cars', 'text', 'text/plain'],
  ['RIFF', 'text', 'text/plain'],
])('%j is %s %s', (bytes, kind, type) => {
  expect(sniff(latin(bytes))).toEqual({ kind, type });
});

test('whatever the bytes, a kind is given, and only text without zeros is text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const { kind, type } = sniff(bytes);
      pictureOf(bytes, type);
      if (kind === 'text' && bytes[0] !== 0xff && bytes[0] !== 0xfe) {
        expect(bytes.includes(0)).toBe(false);
        expect(utf8(textOf(bytes) ?? '').length).toBeLessThanOrEqual(bytes.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test('the head of a picture, cut anywhere, is never an error', () => {
  const heads = ['\x89PNG\r\n\x1a\n', 'GIF89a', 'RIFF....WEBPVP8X', 'RIFF....WEBPVP8L', '\xff\xd8\xff\xe1'];
  const head = fc.tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 60 }));
  fc.assert(
    fc.property(head, ([start, rest]) => {
      const bytes = Uint8Array.from([...latin(start), ...rest]);
      const { width, height } = pictureOf(bytes, sniff(bytes).type);
      expect(Number.isSafeInteger(width * height)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('size and turn of a JPEG are read from its head', () => {
  const exif = latin('Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0');
  const app1 = [0xff, 0xe1, 0, exif.length + 2, ...exif];
  const frame = [0xff, 0xc0, 0, 11, 8, 0x02, 0x00, 0x03, 0x00, 1, 1, 0x11, 0];
  expect(pictureOf(Uint8Array.from([0xff, 0xd8, ...app1, ...frame]), 'image/jpeg')).toEqual({
    width: 768,
    height: 512,
    turned: true,
  });
  expect(pictureOf(Uint8Array.from([0xff, 0xd8, ...frame]), 'image/jpeg').turned).toBe(false);
});

test('text is text in any script, and UTF-16 with a mark is read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      fc.pre(!text.includes('\0') && sniff(utf8(text)).kind !== 'image');
      expect(textOf(utf8(text))).toBe(text.replace(/^\ufeff/, ''));
    }),
  );
  expect(textOf(latin('\xff\xfeh\0i\0'))).toBe('hi');
  expect(textOf(latin('\xfe\xff\0h\0i'))).toBe('hi');
  expect(textOf(latin('\xe9t\xe9'))).toBeUndefined();
});

test('a name cannot turn what stands around it, and is cut in the middle', () => {
  expect(cleanName('photo\u202egnp.exe\n')).toBe('photognp.exe');
  expect(cleanName('\u2066\u0000')).toBe('file');
  expect(middle('a very long name of a file.docx', 20)).toBe('a very lo… file.docx');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 4, max: 40 }), (name, most) => {
      const cut = [...middle(name, most)];
      expect(cut.length).toBeLessThanOrEqual(Math.max(most, Math.min([...name].length, most)));
    }),
  );
});

test('what fits is taken, what does not is told by name', async () => {
  const file = (name: string, data: string) => new File([latin(data)], name);
  const { held, problems } = await look(
    [file('a.py', 'print(1)'), file('b.ogg', 'OggS\0'), file('c.pdf', '%PDF-1.7'), file('d.txt', ' \n')],
    [],
    0,
  );
  expect(held.map((one) => [one.attachment.name, one.attachment.kind])).toEqual([
    ['a.py', 'text'],
    ['c.pdf', 'pdf'],
  ]);
  expect(problems).toHaveLength(2);
  expect(problems[0]).toContain('b.ogg');
  expect(problems[1]).toContain('d.txt');
});

test('no more than ten files, none above 20 MB, none that the request has no room for', async () => {
  const small = Array.from({ length: 12 }, (_, index) => new File(['x'], `${index}.txt`));
  const ten = await look(small, [], 0);
  expect(ten.held).toHaveLength(10);
  expect(ten.problems).toHaveLength(1);
  const large = new File([new Uint8Array(MOST_BYTES + 1)], 'large.bin');
  expect((await look([large], [], 0)).problems[0]).toContain('large.bin');
  gateway.value = { ...gateway.peek(), max_body: 128 * 1024 + 1000 };
  const { held, problems } = await look([new File(['%PDF-', 'x'.repeat(800)], 'p.pdf')], [], 0);
  expect(held).toHaveLength(0);
  expect(problems[0]).toContain('p.pdf');
});

test('the room for files goes down by four thirds of what they are', () => {
  const held = (size: number) => ({
    attachment: { id: '1', kind: 'image' as const, name: 'x', type: 'image/png', size },
    data: new Blob(),
  });
  fc.assert(
    fc.property(fc.nat(MOST_BYTES), (size) => {
      expect(roomFor([], 0) - roomFor([held(size)], 0)).toBe(weight({ kind: 'image', size }));
      expect(weight({ kind: 'image', size })).toBeGreaterThanOrEqual(Math.ceil((size * 4) / 3));
    }),
  );
});
