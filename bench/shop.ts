import { createApiKey } from '../db/project/api-keys.ts';
import type { Sql } from '../db/client.ts';
import { createProject, type Project } from '../db/project/projects.ts';
import type { LoadRequest } from './load.ts';

/** A project with a key, as a shop has it. */
export interface Shop {
  project: Project;
  headers: Record<string, string>;
}

export const createShop = async (sql: Sql, name: string, mode: 'live' | 'sandbox' = 'live'): Promise<Shop> => {
  const project = await createProject(sql, { name, mode });
  const { token } = await createApiKey(sql, { projectId: project.id, name: 'bench', kind: 'secret' });
  return { project, headers: { 'x-app-id': project.appId, 'x-app-token': token } };
};

const definition = (quantity: number) => ({
  type: 'DISCOUNT_VOUCHER',
  discount: { type: 'PERCENT', percent_off: 10 },
  redemption: { quantity },
  code_config: {},
});

/** Vouchers `<prefix>1` to `<prefix><count>` of 10 %, each good for `quantity` redemptions. */
export const insertBenchVouchers = async (sql: Sql, project: Project, prefix: string, count: number, quantity: number): Promise<void> => {
  await sql`
    insert into voucher (project_id, id, code, code_key, type, definition, quantity)
    select ${project.id}, 'v_' || ${prefix} || i, ${prefix} || i, ${prefix} || i, 'DISCOUNT_VOUCHER', ${sql.json(definition(quantity))}, ${quantity}
    from generate_series(1, ${count}) i`;
  await sql`vacuum analyze voucher`;
};

/** Carts of 114.99 with one code each, spread over the codes without repeating soon. */
export const carts = (path: string, codes: string[]): LoadRequest[] =>
  codes.map((code, i) => ({
    path,
    body: JSON.stringify({
      redeemables: [{ object: 'voucher', id: code }],
      customer: { source_id: `shopper-${i % 1000}` },
      order: { amount: 11_499, items: [{ product_id: 'shirt', quantity: 1, price: 11_499, amount: 11_499 }] },
    }),
  }));

/** `count` of the codes `<prefix>1` … `<prefix><of>`, far apart from one to the next. */
export const spreadCodes = (prefix: string, of: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${1 + ((i * 7919) % of)}`);
