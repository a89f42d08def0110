import type { Sql } from '../db/client.ts';
import type { Route } from './http/route.ts';
import { createAsyncActionRoutes } from './routes/async-actions.ts';
import { createBulkChangeRoutes } from './routes/bulk-changes.ts';
import { createCampaignRoutes } from './routes/campaigns.ts';
import { createCustomerRoutes } from './routes/customers.ts';
import { createEarningRuleRoutes } from './routes/earning-rules.ts';
import { createGiftCardRoutes } from './routes/gift-cards.ts';
import { createImportRoutes } from './routes/imports.ts';
import { createLoyaltyRoutes } from './routes/loyalties.ts';
import { createLoyaltyEstimateRoutes } from './routes/loyalty-estimates.ts';
import { createLoyaltyImportRoutes } from './routes/loyalty-imports.ts';
import { createLoyaltyMemberRoutes } from './routes/loyalty-members.ts';
import { createLoyaltyPointsRoutes } from './routes/loyalty-points.ts';
import { createLoyaltyTierRoutes } from './routes/loyalty-tiers.ts';
import { createMemberTierRoutes } from './routes/member-tiers.ts';
import { createPendingPointsRoutes } from './routes/pending-points.ts';
import { createProductCollectionRoutes } from './routes/product-collections.ts';
import { createProductImportRoutes } from './routes/product-imports.ts';
import { createProductRoutes } from './routes/products.ts';
import { createProgramRewardRoutes } from './routes/program-rewards.ts';
import { createPublicationRoutes } from './routes/publications.ts';
import { createRewardAssignmentRoutes } from './routes/reward-assignments.ts';
import { createRewardRoutes } from './routes/rewards.ts';
import { createRuleAssignmentRoutes } from './routes/rule-assignments.ts';
import { createRuleTrialRoutes } from './routes/rule-trial.ts';
import { createSegmentRoutes } from './routes/segments.ts';
import { createSessionRoutes } from './routes/sessions.ts';
import { createSkuRoutes } from './routes/skus.ts';
import { createValidationRuleRoutes } from './routes/validation-rules.ts';
import { createVoucherRoutes } from './routes/vouchers.ts';

export interface ResourceRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

/** The resources that coupons are made of, which need nothing but Postgres. */
export const createResourceRoutes = (deps: ResourceRoutesDeps): Route[] => [
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
