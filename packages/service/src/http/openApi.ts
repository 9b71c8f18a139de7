import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of a service, from the very schemas that its requests are checked with. */
export function openApi({
  name,
  version,
  routes,
}: {
  name: string;
  version: string;
  routes: readonly Route[];
}): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: `Brew ${name}`, version },
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { staff: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operation(route: Route): Json {
  return {
    summary: route.summary,
    operationId: `${route.method}${route.path.replaceAll(/[^a-zA-Z0-9]+(.)?/g, (_, next = '') => next.toUpperCase())}`,
    parameters: [
      ...pathParameters(route),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: toJson(route.body, 'input') } },
      },
    }),
    responses: responses(route),
    ...(route.staff && { security: [{ staff: [] }] }),
  };
}

/** Declared ones with their schema; of the others their names are all that is known. */
function pathParameters({ path, params }: Route): Json[] {
  const declared = parameters('path', params);
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  return names.map(
    (name) =>
      declared.find((parameter) => parameter.name === name) ?? {
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      },
  );
}

function parameters(place: 'path' | 'query' | 'header', schema: z.ZodType | undefined): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJson(schema, 'input') as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function responses(route: Route): Json {
  const declared = Object.entries(route.responses).map(([status, { description, schema, contentType }]) => {
    const content = schema
      ? { 'application/json': { schema: toJson(schema, 'output') } }
      : contentType && { [contentType]: { schema: { type: 'string' } } };
    return [status, { description, ...(content && { content }) }];
  });
  const problems = [400, ...(route.staff ? [401] : []), ...(route.body ? [413, 415] : []), 429, 500, 503];
  return {
    ...Object.fromEntries(problems.map((status) => [status, problemResponse(STATUS_CODES[status] ?? '')])),
    ...Object.fromEntries(declared),
    default: problemResponse('Any other problem'),
  };
}

function problemResponse(description: string): Json {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** https://www.rfc-editor.org/rfc/rfc9457 */
const problemSchema = toJson(
  z.object({
    type: z.literal('about:blank'),
    title: z.string().describe("HTTP's own words for the status"),
    status: z.int(),
    detail: z.string().describe('what is wrong, for people'),
    code: z.string().describe('what is wrong, for programs'),
    instance: z.string(),
    errors: z.array(z.object({ in: z.string(), field: z.string(), message: z.string() })).optional(),
  }),
  'input',
);

function toJson(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
  });
  return json;
}
