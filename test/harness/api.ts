import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, type AppDeps } from '../../api/app.ts';
import { createMetadataSchemas } from '../../api/metadata-schemas.ts';
import type { Route } from '../../api/route.ts';
import { createAsyncActionRoutes } from '../../api/routes/async-actions.ts';
import { createBulkChangeRoutes } from '../../api/routes/bulk-changes.ts';
import { createCampaignRoutes } from '../../api/routes/campaigns.ts';
import { createCustomerRoutes } from '../../api/routes/customers.ts';
import { createImportRoutes } from '../../api/routes/imports.ts';
import { createPublicationRoutes } from '../../api/routes/publications.ts';
import { createGiftCardRoutes } from '../../api/routes/gift-cards.ts';
import { createLoyaltyRoutes } from '../../api/routes/loyalties.ts';
import { createLoyaltyMemberRoutes } from '../../api/routes/loyalty-members.ts';
import { createPendingPointsRoutes } from '../../api/routes/pending-points.ts';
import { createLoyaltyEstimateRoutes } from '../../api/routes/loyalty-estimates.ts';
import { createLoyaltyImportRoutes } from '../../api/routes/loyalty-imports.ts';
import { createLoyaltyPointsRoutes } from '../../api/routes/loyalty-points.ts';
import { createLoyaltyTierRoutes } from '../../api/routes/loyalty-tiers.ts';
import { createMemberTierRoutes } from '../../api/routes/member-tiers.ts';
import { createEarningRuleRoutes } from '../../api/routes/earning-rules.ts';
import { createProgramRewardRoutes } from '../../api/routes/program-rewards.ts';
import { createRewardAssignmentRoutes } from '../../api/routes/reward-assignments.ts';
import { createRewardRoutes } from '../../api/routes/rewards.ts';
import { createSessionRoutes } from '../../api/routes/sessions.ts';
import { createRuleAssignmentRoutes } from '../../api/routes/rule-assignments.ts';
import { createRuleTrialRoutes } from '../../api/routes/rule-trial.ts';
import { createValidationRuleRoutes } from '../../api/routes/validation-rules.ts';
import { createProductCollectionRoutes } from '../../api/routes/product-collections.ts';
import { createProductImportRoutes } from '../../api/routes/product-imports.ts';
import { createProductRoutes } from '../../api/routes/products.ts';
import { createSegmentRoutes } from '../../api/routes/segments.ts';
import { createSkuRoutes } from '../../api/routes/skus.ts';
import { createVoucherRoutes } from '../../api/routes/vouchers.ts';
import type { Sql } from '../../db/client.ts';
import type { TestProject } from './project.ts';

export interface Reply {
  status: number;
  headers: Headers;
  // What comes over the wire is what a test is about.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface TestApi {
  url: string;
  /** Every error that was told to the log, which holds what nobody foresaw. */
  errors: unknown[];
  /** Sends JSON as this project's server would. */
  as: (project: TestProject) => (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
  send: (path: string, init: RequestInit) => Promise<Reply>;
  stop: () => Promise<void>;
}

export const resourceRoutes = (sql: Sql): Route[] => {
  const deps = { sql, now: () => new Date(), randomBytes };
  return [
    ...createCustomerRoutes(deps),
    ...createCampaignRoutes(deps),
    ...createValidationRuleRoutes(deps),
    ...createRuleAssignmentRoutes(deps),
    ...createRuleTrialRoutes(deps),
    ...createSegmentRoutes(deps),
    ...createProductRoutes(deps),
    ...createProductImportRoutes(),
    ...createSkuRoutes(deps),
    ...createProductCollectionRoutes(deps),
    ...createVoucherRoutes(deps),
    ...createGiftCardRoutes(deps),
    ...createRewardRoutes(deps),
    ...createRewardAssignmentRoutes(deps),
    ...createLoyaltyRoutes(deps),
    ...createLoyaltyMemberRoutes(deps),
    ...createLoyaltyPointsRoutes(deps),
    ...createLoyaltyEstimateRoutes(deps),
    ...createPendingPointsRoutes(deps),
    ...createEarningRuleRoutes(deps),
    ...createProgramRewardRoutes(deps),
    ...createLoyaltyTierRoutes(deps),
    ...createMemberTierRoutes(deps),
    ...createSessionRoutes(deps),
    ...createPublicationRoutes(deps),
    ...createAsyncActionRoutes(deps),
    ...createImportRoutes(),
    ...createLoyaltyImportRoutes(),
    ...createBulkChangeRoutes(),
  ];
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** The application on a port of its own. */
export const startApi = async (sql: Sql, more: Partial<AppDeps> = {}): Promise<TestApi> => {
  const errors: unknown[] = [];
  const log = { error: (entry: unknown) => void errors.push(entry) } as AppDeps['log'];
  const app = createApp({
    sql,
    log,
    metadata: createMetadataSchemas({ sql }),
    routes: resourceRoutes(sql),
    routers: [],
    checks: {},
    ...more,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(url + path, init);
    return { status: response.status, headers: response.headers, body: parse(await response.text()) };
  };
  return {
    url,
    errors,
    send,
    as: (project) => (method, path, body, headers) =>
      send(path, {
        method,
        headers: { 'X-App-Id': project.appId, 'X-App-Token': project.secretKey, 'Content-Type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
