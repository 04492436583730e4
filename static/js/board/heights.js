/**
 * How high a scene will be that was never drawn. A scene out of sight is skipped by the browser, which then needs its
 * height for the scrollbar and for jumps to a scene; the first scene in sight is the measure for all of them.
 */

export class Heights {
  #measure = null;

  /** @param {HTMLElement} board */
  constructor(board) {
    this.board = board;
    this.watcher = new ResizeObserver(() => this.#take());
    this.start();
  }

  /** Watches the first scene in sight, which may be another one after a change. */
  start() {
    this.watcher.disconnect();
    const scene = this.board.querySelector(".scene:not([hidden]):has(> .card:not([hidden]))");
    if (scene) this.watcher.observe(scene);
    this.scene = scene;
    this.#tell();
  }

  /** Read while the browser has just laid the page out, so that nothing is laid out twice. */
  #take() {
    const card = this.scene?.querySelector(":scope > .card:not([hidden])");
    if (!card?.offsetHeight) return;
    const style = getComputedStyle(this.scene);
    const columns = style.gridTemplateColumns.split(" ").length;
    const { marginTop, marginBottom } = getComputedStyle(card);
    const row = card.offsetHeight + parseFloat(marginTop) + parseFloat(marginBottom) + parseFloat(style.rowGap);
    const inside = this.scene.offsetHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    const frame = inside - Math.ceil(shown(this.scene) / columns) * row;
    this.#measure = { columns, row, frame };
    this.#tell();
  }

  #tell() {
    if (!this.#measure) return;
    const { columns, row, frame } = this.#measure;
    for (const scene of this.board.querySelectorAll(".scene")) {
      const height = `auto ${Math.round(frame + Math.ceil(shown(scene) / columns) * row)}px`;
      if (scene.style.containIntrinsicBlockSize !== height) scene.style.containIntrinsicBlockSize = height;
    }
  }
}

function shown(scene) {
  return scene.querySelectorAll(":scope > .card:not([hidden])").length;
}
