/** One piece of work in flight at a time; of those asked for meanwhile only the latest is done next. */
export class Latest {
  #perform;
  #wanted = null;
  #flight = null;

  /** @param {(value: any) => Promise<void>} perform */
  constructor(perform) {
    this.#perform = perform;
  }

  /** Resolves once nothing is in flight or waiting. */
  ask(value) {
    this.#wanted = { value };
    this.#flight ??= this.#fly();
    return this.#flight;
  }

  /** Drops what waits; what is in flight ends by itself. */
  forget() {
    this.#wanted = null;
  }

  async #fly() {
    try {
      while (this.#wanted) {
        const { value } = this.#wanted;
        this.#wanted = null;
        await this.#perform(value);
      }
    } finally {
      this.#flight = null;
    }
  }
}
