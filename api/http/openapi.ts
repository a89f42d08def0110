import { createSchemaWriter, type JsonSchema, type SchemaWriter } from './openapi-schemas.ts';
import type { Route } from './route.ts';
import { errorSchema } from '../schemas/error.ts';
import { CSV } from './upload.ts';

const JSON_TYPE = 'application/json';

/** A file in a form, or as it is. */
const FILE = {
  'multipart/form-data': { schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'] } },
  [CSV]: { schema: { type: 'string' } },
};

/** Given before there is a request that could be answered in JSON. */
const WITHOUT_BODY = new Set(['204', '431']);

/** Answers that every route of a kind can give beside its own. */
const refusals = (route: Route): Record<number, string | undefined> => ({
  400: 'The request is wrong; `errors` names every wrong field',
  401: 'The application id and the key do not belong together, or the key is unknown or revoked',
  403: 'The key may not do that',
  ...(route.params && { 404: 'There is no such thing' }),
  ...(route.body && { 413: 'The body is too large', 415: 'The body is not JSON' }),
  ...(route.takesFile && { 413: 'The file is too large', 415: 'There is no file' }),
  ...(route.method !== 'get' && {
    409: 'It exists already, or the same request is still running',
    422: 'The Idempotency-Key was used for another request',
  }),
  429: 'Too many requests',
  431: 'The address and the headers are longer than 16 KiB',
  500: 'Something went wrong on our side',
  503: 'Something that is needed cannot be reached; try again in a moment',
});

const operationId = ({ method, path }: Route): string =>
  method +
  path
    .split('/')
    .filter((segment) => segment !== '' && segment !== 'v1')
    .map((segment) => segment.replaceAll(/[{}]/g, '').replaceAll(/(^|[-_])(\w)/g, (_, _dash, letter: string) => letter.toUpperCase()))
    .join('');

const parametersOf = (route: Route, writer: SchemaWriter): JsonSchema[] => {
  const from = (place: 'path' | 'query', schema: Route['params']): JsonSchema[] => {
    if (!schema) return [];
    const { properties = {}, required = [] } = writer.write(schema, 'input') as {
      properties?: Record<string, JsonSchema>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, property]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(property['type'] === 'object' && { style: 'deepObject', explode: true }),
      schema: property,
    }));
  };
  const key = route.method === 'get' ? [] : [{ $ref: '#/components/parameters/IdempotencyKey' }];
  return [...from('path', route.params), ...from('query', route.query), ...key];
};

const CSV_TYPE = 'text/csv';

const responsesOf = (route: Route, writer: SchemaWriter): JsonSchema => {
  const error = writer.write(errorSchema, 'output');
  const own = Object.entries(route.responses).map(([status, { description, schema, csv }]) => {
    const isError = Number(status) >= 400;
    const content = schema ? writer.write(schema, 'output') : isError ? error : {};
    return [
      status,
      {
        description,
        ...(!WITHOUT_BODY.has(status) && {
          content: { [JSON_TYPE]: { schema: content }, ...(csv && { [CSV_TYPE]: { schema: { type: 'string' } } }) },
        }),
      },
    ] as const;
  });
  const common = Object.entries(refusals(route)).map(
    ([status, description]) =>
      [status, { description, ...(!WITHOUT_BODY.has(status) && { content: { [JSON_TYPE]: { schema: error } } }) }] as const,
  );
  return Object.fromEntries([...common, ...own]);
};

const operationOf = (route: Route, writer: SchemaWriter): JsonSchema => ({
  operationId: operationId(route),
  tags: [route.tag],
  summary: route.summary,
  ...(route.description !== undefined && { description: route.description }),
  security: route.path.startsWith('/client/')
    ? [{ clientApplicationId: [], clientToken: [] }]
    : [{ appId: [], appToken: [] }, { bearer: [] }],
  ...(route.scope !== null && { 'x-required-scope': route.scope }),
  parameters: parametersOf(route, writer),
  ...(route.takesFile && { requestBody: { required: true, content: FILE } }),
  ...(route.body && {
    requestBody: {
      required: !route.body.safeParse({}).success,
      content: {
        [JSON_TYPE]: { schema: writer.write(route.body, 'input') },
        ...Object.fromEntries((route.textTypes ?? []).map((type) => [type, { schema: { type: 'string' } }])),
      },
    },
  }),
  responses: responsesOf(route, writer),
});

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description });

/** The OpenAPI 3.1 document of these routes: what they take, and every answer they can give. */
export const openApiDocument = (routes: Route[]): JsonSchema => {
  const writer = createSchemaWriter();
  // Answers first: they keep the plain names, so that a client's types are called what they are.
  for (const route of routes) responsesOf(route, writer);
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, writer) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Couponry',
      version: '1',
      description: 'Coupons, checkouts and journeys, in the JSON of the Voucherify API (v2018-08-01).',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: writer.components,
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'The same key and body give the same answer for 24 hours',
          schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
        },
      },
      securitySchemes: {
        appId: header('X-App-Id', 'The application id of the project'),
        appToken: header('X-App-Token', 'A secret key'),
        bearer: { type: 'http', scheme: 'bearer', description: 'A secret key' },
        clientApplicationId: header('X-Client-Application-Id', 'The application id of the project'),
        clientToken: header('X-Client-Token', 'A publishable key'),
      },
    },
  };
};
