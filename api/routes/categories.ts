import {
  createCategory,
  deleteCategory,
  findCategory,
  listCategories,
  lockCategory,
  updateCategory,
  type Category,
} from '../../db/campaign/categories.ts';
import type { Sql } from '../../db/client.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import {
  categoryListSchema,
  categoryParams,
  categorySchema,
  createCategoryBody,
  listCategoriesQuery,
  updateCategoryBody,
} from '../schemas/category.ts';
import { list } from '../schemas/list.ts';

export interface CategoryRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const view = (category: Category) => ({
  id: category.id,
  name: category.name,
  hierarchy: category.hierarchy,
  created_at: category.createdAt.toISOString(),
  updated_at: category.updatedAt?.toISOString(),
  object: 'category' as const,
});

const tag = 'Categories';
const found = { description: 'The category', schema: categorySchema };
const missing = { description: 'There is no such category' };

export const createCategoryRoutes = ({ sql, now }: CategoryRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/categories',
    tag,
    summary: 'List categories by their hierarchy',
    scope: 'categories:read',
    query: listCategoriesQuery,
    responses: { 200: { description: 'Categories', schema: categoryListSchema } },
    handler: async ({ project, query }) => {
      const page = await listCategories(sql, project.id, { ...query, startingAfter: query.starting_after_id });
      return { status: 200, body: list('data', page.rows.map(view), page) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/categories',
    tag,
    summary: 'Create a category',
    description:
      'Vouchers, campaigns and promotion tiers name it by name. Where redeemables are sorted by category, the lower hierarchy applies first.',
    scope: 'categories:write',
    body: createCategoryBody,
    responses: { 200: found },
    handler: ({ project, body, write }) =>
      write(async (tx) => {
        return { status: 200, body: view(await createCategory(tx, project.id, body)) };
      }),
  }),
  route({
    method: 'get',
    path: '/v1/categories/{id}',
    tag,
    summary: 'Get a category',
    scope: 'categories:read',
    params: categoryParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const category = await findCategory(sql, project.id, params.id);
      if (!category) throw notFound('category', params.id);
      return { status: 200, body: view(category) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/categories/{id}',
    tag,
    summary: 'Change a category',
    scope: 'categories:write',
    params: categoryParams,
    body: updateCategoryBody,
    responses: { 200: found, 404: missing },
    handler: ({ project, params, body, write }) =>
      write(async (tx) => {
        const known = await lockCategory(tx, project.id, params.id);
        if (!known) throw notFound('category', params.id);
        const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
        return { status: 200, body: view(await updateCategory(tx, project.id, known, change, now())) };
      }),
  }),
  route({
    method: 'delete',
    path: '/v1/categories/{id}',
    tag,
    summary: 'Delete a category',
    scope: 'categories:write',
    params: categoryParams,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: ({ project, params, write }) =>
      write(async (tx) => {
        if (!(await deleteCategory(tx, project.id, params.id))) throw notFound('category', params.id);
        return { status: 204 };
      }),
  }),
];
