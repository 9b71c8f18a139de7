import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { openApi } from './openApi.ts';
import { route } from './route.ts';

const addStock = route({
  method: 'post',
  path: '/cafes/:id/stock',
  summary: 'Add a delivery',
  params: z.strictObject({ id: z.string().max(64) }),
  query: z.strictObject({ dry: z.coerce.number().optional() }),
  headers: z.object({ 'idempotency-key': z.uuid() }),
  body: z.strictObject({ items: z.array(z.strictObject({ sku: z.string(), quantity: z.int().positive() })) }),
  responses: { 201: { description: 'Added', schema: z.strictObject({ total: z.int() }) } },
  staff: true,
  handle: async () => ({ status: 201, body: { total: 1 } }),
});

const watch = route({
  method: 'get',
  path: '/orders/:id/events',
  summary: 'Follow an order',
  responses: { 200: { description: 'A message for each step', contentType: 'text/event-stream' } },
  handle: async () => ({ stream: (async function* () {})() }),
});

const document = openApi({ name: 'catalog', version: '1.2.3', routes: [addStock, watch] }) as never as {
  openapi: string;
  info: unknown;
  paths: Record<string, Record<string, { [key: string]: unknown; responses: Record<string, unknown> }>>;
};

it('is of version 3.1 and has a path for every route, in the notation of OpenAPI', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toEqual({ title: 'Brew catalog', version: '1.2.3' });
  expect(Object.keys(document.paths)).toEqual(['/cafes/{id}/stock', '/orders/{id}/events']);
});

it('documents parameters, headers and body with the schemas that requests are checked with', () => {
  const operation = document.paths['/cafes/{id}/stock']?.post;
  expect(operation?.parameters).toEqual([
    { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 64 } },
    { name: 'dry', in: 'query', required: false, schema: { type: 'number' } },
    {
      name: 'idempotency-key',
      in: 'header',
      required: true,
      schema: expect.objectContaining({ format: 'uuid' }),
    },
  ]);
  expect(operation?.requestBody).toMatchObject({
    content: { 'application/json': { schema: { required: ['items'], additionalProperties: false } } },
  });
});

it('documents the declared answers and the problems that every route may answer with', () => {
  const { responses = {} } = document.paths['/cafes/{id}/stock']?.post ?? {};
  expect(Object.keys(responses)).toEqual(
    expect.arrayContaining(['201', '400', '401', '413', '415', 'default']),
  );
  expect(JSON.stringify(responses['400'])).toContain('application/problem+json');
});

it('says which routes are for staff, and which answer with a stream', () => {
  expect(document.paths['/cafes/{id}/stock']?.post?.security).toEqual([{ staff: [] }]);
  const follow = document.paths['/orders/{id}/events']?.get;
  expect(follow?.security).toBeUndefined();
  expect(follow?.parameters).toEqual([
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
  ]);
  expect(follow?.responses['200']).toMatchObject({ content: { 'text/event-stream': {} } });
});
