// Hands a file to the person.

/** A file name that every system takes. */
export function safeName(title: string, ending: string): string {
  const plain = title.replace(/[\\/:*?"<>|\p{C}\s]+/gu, ' ').replace(/^[. ]+|[. ]+$/g, '');
  const short = [...plain].slice(0, 60).join('').trim().replace(/\.+$/, '');
  const taken = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(short);
  return `${taken ? '_' : ''}${short || 'chat'}.${ending}`;
}

export function download(data: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
