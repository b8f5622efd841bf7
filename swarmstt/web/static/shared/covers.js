// Covers of books, one after the other: each may have to be looked for, and the page asks for other things meanwhile.

import { bookPath } from "./api.js";

export class Covers {
  constructor() {
    this.last = Promise.resolve();
  }

  // Shows the book's cover in a hidden image; it stays hidden if there is none.
  show(bookId, image) {
    this.last = this.last.then(() => new Promise((done) => {
      image.onload = () => {
        image.hidden = false;
        done();
      };
      image.onerror = done;
      image.src = bookPath(bookId, "cover");
    }));
  }
}
