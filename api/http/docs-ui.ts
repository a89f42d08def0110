import { Router, type RequestHandler } from 'express';
import swaggerUi from 'swagger-ui-express';
import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';

/** Nothing on the page may come from, or go to, anywhere but here. */
const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

const restrict: RequestHandler = (_req, res, next) => {
  res.set('Content-Security-Policy', POLICY);
  next();
};

/** /openapi.json, and /docs to read and try it, whose scripts and styles come from the package. */
export const createDocsRoutes = (routes: Route[]): Router => {
  const document = JSON.stringify(openApiDocument(routes));
  const router = Router();
  router.get('/openapi.json', (_req, res) => {
    res.type('application/json').send(document);
  });
  router.use('/docs', restrict, swaggerUi.serveFiles(undefined, { swaggerOptions: { url: '/openapi.json' } }));
  router.get(
    '/docs',
    swaggerUi.setup(undefined, {
      customSiteTitle: 'Couponry API',
      swaggerOptions: { url: '/openapi.json', persistAuthorization: true, validatorUrl: null },
    }),
  );
  return router;
};
