// The English words of the parts that are loaded late.
export const words: Record<string, string> = Object.assign(
  {},
  ...Object.values(
    import.meta.glob(['./en/*_late.json', '!./en/{conversation,markdown}_late.json'], {
      eager: true,
      import: 'default',
    }),
  ),
);
