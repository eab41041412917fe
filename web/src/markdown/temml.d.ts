// The parts of Temml that are used: they have no types of their own.
declare module 'temml/src/buildMathML.js' {
  export default function buildMathML(tree: unknown, tex: string, style: unknown, settings: unknown): unknown;
}
declare module 'temml/src/constants.js' {
  export const StyleLevel: { readonly DISPLAY: number; readonly TEXT: number };
}
declare module 'temml/src/parseTree.js' {
  export default function parseTree(tex: string, settings: unknown): unknown;
}
declare module 'temml/src/Settings.js' {
  export default class Settings {
    constructor(options: object);
    readonly displayMode: boolean;
    readonly maxSize: [number, number];
  }
}
declare module 'temml/src/Style.js' {
  export default class Style {
    constructor(options: { level: number; maxSize: [number, number] });
  }
}
