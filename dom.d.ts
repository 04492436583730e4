// What a selector finds is known to the template, not to the checker; everything else is checked.
interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface Element {
  closest(selectors: string): any;
}
interface Document {
  getElementById(id: string): any;
  readonly activeElement: any;
  addEventListener(type: string, listener: (event: any) => any, options?: boolean | AddEventListenerOptions): void;
}
interface HTMLElement {
  addEventListener(type: string, listener: (event: any) => any, options?: boolean | AddEventListenerOptions): void;
}
interface Event {
  readonly target: any;
}
