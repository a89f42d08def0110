import { columnKey, json, number, plainText, type Cells } from './cells.ts';

type Body = Record<string, unknown>;
type Column = [field: string, read: (cell: string) => unknown];

const texts = (cell: string): unknown =>
  plainText(cell)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** Columns by their key, with the field that each is; what is not here is metadata. */
const PRODUCT: Record<string, Column> = {
  sourceid: ['source_id', plainText],
  productid: ['source_id', plainText],
  name: ['name', plainText],
  price: ['price', number],
  attributes: ['attributes', texts],
  imageurl: ['image_url', plainText],
  metadata: ['metadata', json],
};

const SKU: Record<string, Column> = {
  productid: ['product', plainText],
  productsourceid: ['product', plainText],
  sourceid: ['source_id', plainText],
  skuid: ['source_id', plainText],
  sku: ['sku', plainText],
  price: ['price', number],
  currency: ['currency', plainText],
  attributes: ['attributes', json],
  imageurl: ['image_url', plainText],
  metadata: ['metadata', json],
};

/** What our answers tell beside. */
const PASSED_OVER = new Set(['id', 'object', 'createdat', 'updatedat']);

const bodyOf = (columns: Record<string, Column>, cells: Cells): Body => {
  const body: Body = {};
  const own: Body = {};
  for (const [header, cell] of Object.entries(cells)) {
    if (cell === '') continue;
    const key = columnKey(header);
    const column = Object.hasOwn(columns, key) ? columns[key] : undefined;
    if (column) body[column[0]] = column[1](cell);
    else if (!PASSED_OVER.has(key)) own[header] = plainText(cell);
  }
  const { metadata } = body;
  const isMap = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (Object.keys(own).length > 0 && (metadata === undefined || isMap)) body['metadata'] = { ...(metadata as Body | undefined), ...own };
  return body;
};

/** A row as the body that makes or changes the same product. Empty cells are left out, so they change nothing. */
export const productOfRow = (cells: Cells): Body => bodyOf(PRODUCT, cells);

/** A row as the body that makes or changes the same SKU; `product` is its product's id or source id. */
export const skuOfRow = (cells: Cells): Body => bodyOf(SKU, cells);
