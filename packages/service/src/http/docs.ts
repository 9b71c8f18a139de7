import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type Router } from 'express';

const require = createRequire(import.meta.url);

/** Where swagger-ui-dist lies; its own index.js is not loaded for that. */
const assets = dirname(require.resolve('swagger-ui-dist/package.json'));
const files = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Scripts in files of their own: the content security policy allows none within the page. */
const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} API</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
  <div id="docs"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`;

const script = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n`;

/** A page to read and try the API with, all of it from this process. */
export function docs(title: string): Router {
  const router = express.Router();
  router.get('/docs', (_request, response) => void response.type('html').send(page(title)));
  router.get('/docs/start.js', (_request, response) => void response.type('js').send(script));
  for (const file of files) {
    router.get(`/docs/${file}`, (_request, response) =>
      response.sendFile(file, { root: assets, maxAge: '1h' }),
    );
  }
  return router;
}
