/**
 * The demo shop's data, in memory: products, customers, comments.
 *
 * Security: `findProduct` and `listCategory` put what they are given into SQL text, on purpose. They are the holes that an
 * attack tool finds when it reaches the shop directly and must not find through the node. Nothing else here does so, and
 * the shop is only ever served on loopback.
 */
import { DatabaseSync } from 'node:sqlite';

/** One product. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly price: number;
  readonly description: string;
}

/** One comment on a product. */
export interface Comment {
  readonly author: string;
  readonly text: string;
}

const products: readonly Omit<Product, 'id'>[] = [
  {
    name: 'Sea Atlas',
    category: 'books',
    price: 39,
    description: "Charts of every coast, O'Reilly & Sons, 1911.",
  },
  {
    name: 'Night Reader',
    category: 'books',
    price: 12,
    description: 'Short stories for people who are on call.',
  },
  { name: 'Brass Lamp', category: 'home', price: 54, description: 'Warm light, heavy foot, one switch.' },
  { name: 'Oak Table', category: 'home', price: 320, description: 'Seats six, or one with many papers.' },
  { name: 'Field Kettle', category: 'kitchen', price: 28, description: 'Boils on anything that burns.' },
  { name: 'Bread Knife', category: 'kitchen', price: 19, description: 'Long, serrated, stays sharp.' },
];

/** Rows of comments kept per product; the oldest go first. */
const commentsMax = 50;

/** The shop's database. Disposable. */
export class ShopDatabase implements Disposable {
  readonly #database = new DatabaseSync(':memory:');

  constructor() {
    this.#database.exec(`
      CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL, description TEXT);
      CREATE TABLE customer (name TEXT PRIMARY KEY, password TEXT);
      CREATE TABLE comment (id INTEGER PRIMARY KEY, product INTEGER, author TEXT, text TEXT);
      INSERT INTO customer VALUES ('demo', 'demo');
    `);
    const insert = this.#database.prepare(
      'INSERT INTO product (name, category, price, description) VALUES (?, ?, ?, ?)',
    );
    for (const { name, category, price, description } of products)
      insert.run(name, category, price, description);
  }

  /** All products, or those whose name or description contains `text`. */
  search(text: string): Product[] {
    const statement = this.#database.prepare('SELECT * FROM product WHERE name LIKE ? OR description LIKE ?');
    return statement.all(`%${text}%`, `%${text}%`) as unknown as Product[];
  }

  /** Injectable on purpose: `id` becomes part of the SQL text. Throws what SQLite says of it. */
  findProduct(id: string): Product | undefined {
    return this.#database.prepare(`SELECT * FROM product WHERE id = ${id}`).get() as unknown as
      | Product
      | undefined;
  }

  /** Injectable on purpose: `category` becomes part of the SQL text. Throws what SQLite says of it. */
  listCategory(category: string): Product[] {
    return this.#database
      .prepare(`SELECT * FROM product WHERE category = '${category}'`)
      .all() as unknown as Product[];
  }

  hasProduct(id: number): boolean {
    return this.#database.prepare('SELECT 1 FROM product WHERE id = ?').get(id) !== undefined;
  }

  hasCustomer(name: string, password: string): boolean {
    const statement = this.#database.prepare('SELECT 1 FROM customer WHERE name = ? AND password = ?');
    return statement.get(name, password) !== undefined;
  }

  comments(product: number): Comment[] {
    const statement = this.#database.prepare(
      'SELECT author, text FROM comment WHERE product = ? ORDER BY id DESC',
    );
    return statement.all(product) as unknown as Comment[];
  }

  addComment(product: number, author: string, text: string): void {
    this.#database
      .prepare('INSERT INTO comment (product, author, text) VALUES (?, ?, ?)')
      .run(product, author, text);
    this.#database
      .prepare(
        'DELETE FROM comment WHERE product = ? AND id NOT IN (SELECT id FROM comment WHERE product = ? ORDER BY id DESC LIMIT ?)',
      )
      .run(product, product, commentsMax);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
