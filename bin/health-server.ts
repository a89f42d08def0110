import { createServer } from 'node:http';
import express from 'express';
import { type ReadinessCheck, createHealthRoutes } from '../api/routes/health.ts';

/** Serves /healthz and /readyz of a process that has no API. */
export const startHealthServer = async (
  host: string,
  port: number,
  checks: Record<string, ReadinessCheck>,
): Promise<() => Promise<void>> => {
  const server = createServer(express().use(createHealthRoutes(checks)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve());
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
};
