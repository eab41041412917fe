// All words of one language, as one file to load.
export const words: Record<string, string> = Object.assign(
  {},
  ...Object.values(import.meta.glob(['./zh/*.json', '!./zh/status.json'], { eager: true, import: 'default' })),
);
