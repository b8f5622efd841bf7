// The list of books.

import { BookRow } from "./bookrow.js";
import { KeyedList, byId, setHidden, setText } from "./dom.js";

export class Books {
  constructor(store) {
    this.store = store;
    this.list = new KeyedList(byId("books"), (book) => new BookRow(book, store));
    store.onChange((dirty) => this.#show(dirty));
  }

  #show(dirty) {
    if (dirty.list) {
      this.list.show(this.store.sortedBooks(), (book) => book.book_id);
      setHidden(byId("no-books"), this.store.books.size > 0);
    } else {
      for (const id of dirty.books) this.list.views.get(id)?.update(this.store.books.get(id));
    }
    for (const id of dirty.parts) this.list.views.get(id)?.showParts();
    const folder = this.store.status?.node.drop_folder;
    setText(byId("drop-folder"), folder ? `Or copy it into ${folder}.` : "");
  }
}
