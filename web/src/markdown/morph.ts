// One tree made like another in place: what stays the same stays the same node, so that the view does not jump, a
// selection holds and a part that was scrolled stays scrolled.

function copyAttributes(live: Element, wanted: Element): void {
  for (const name of live.getAttributeNames()) if (!wanted.hasAttribute(name)) live.removeAttribute(name);
  for (const name of wanted.getAttributeNames()) {
    const value = wanted.getAttribute(name) ?? '';
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
}

/** Make `live` like `wanted`, or put `wanted` in its place. The node that now stands there. */
export function morph(live: ChildNode, wanted: ChildNode): ChildNode {
  if (live instanceof Text && wanted instanceof Text) {
    if (wanted.data.startsWith(live.data)) {
      if (wanted.length > live.length) live.appendData(wanted.data.slice(live.length));
    } else live.data = wanted.data;
    return live;
  }
  if (!(live instanceof HTMLElement && wanted instanceof HTMLElement && live.tagName === wanted.tagName)) {
    // A formula is whole or another one: its style came through the CSSOM and may not be copied as an attribute.
    if (live.isEqualNode(wanted)) return live;
    live.replaceWith(wanted);
    return wanted;
  }
  copyAttributes(live, wanted);
  const at = new Place(live);
  for (let child = wanted.firstChild, next; child; child = next) {
    next = child.nextSibling;
    at.put(child);
  }
  at.clear();
  return live;
}

/** A place between the children of an element: before it all is as it shall be, after it is what may be used again. */
export class Place {
  constructor(
    readonly parent: Node,
    public last: ChildNode | null = null,
  ) {}

  private get next(): ChildNode | null {
    return this.last ? this.last.nextSibling : this.parent.firstChild;
  }

  /** Put a node here: its likeness that stands here already is made like it. */
  put(wanted: ChildNode): ChildNode {
    const live = this.next;
    this.last = live ? morph(live, wanted) : this.parent.appendChild(wanted);
    return this.last;
  }

  /** Put an element here whose children will be put one by one. */
  shell(wanted: HTMLElement): HTMLElement {
    const live = this.next;
    if (live instanceof HTMLElement && live.tagName === wanted.tagName) {
      copyAttributes(live, wanted);
      this.last = live;
      return live;
    }
    if (live) live.replaceWith(wanted);
    else this.parent.appendChild(wanted);
    this.last = wanted;
    return wanted;
  }

  copy(): Place {
    return new Place(this.parent, this.last);
  }

  /** Nothing follows. */
  clear(): void {
    while (this.next) this.next.remove();
  }
}
