import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createApp } from '../api/app.ts';
import { createClientAddress } from '../api/http/client-address.ts';
import { createHooksRouter } from '../api/hooks/router.ts';
import { createPortalRouter } from '../api/portal/router.ts';
import { createResourceRoutes } from '../api/resource-routes.ts';
import { createAnalyticsRoutes } from '../api/routes/analytics.ts';
import { createApiKeyRoutes } from '../api/routes/api-keys.ts';
import { createClientCheckoutRoutes } from '../api/routes/client-checkout.ts';
import { createClientCustomerRoutes } from '../api/routes/client-customers.ts';
import { createConsentRoutes } from '../api/routes/consents.ts';
import { createCustomerWalletRoutes } from '../api/routes/customer-wallet.ts';
import { createEndpointRoutes } from '../api/routes/endpoints.ts';
import { createEventRoutes } from '../api/routes/events.ts';
import { createDeadLetterRoutes } from '../api/routes/dead-letters.ts';
import { createOperationRoutes } from '../api/routes/enrolment-operations.ts';
import { createEnrolmentRoutes } from '../api/routes/enrolments.ts';
import { createDownloadRouter } from '../api/routes/downloads.ts';
import { createExportRoutes } from '../api/routes/exports.ts';
import { createFastForwardRoutes } from '../api/routes/fast-forward.ts';
import { createCategoryRoutes } from '../api/routes/categories.ts';
import { createMetadataSchemaRoutes } from '../api/routes/metadata-schemas.ts';
import { createMetadataSchemas } from '../api/catalogue/metadata-schemas.ts';
import { createJourneyPublishingRoutes } from '../api/routes/journey-publishing.ts';
import { createJourneyResultsRoutes } from '../api/routes/journey-results.ts';
import { createJourneyStateRoutes } from '../api/routes/journey-states.ts';
import { createJourneyTemplateRoutes } from '../api/routes/journey-templates.ts';
import { createJourneyRoutes } from '../api/routes/journeys.ts';
import { createLaunchRoutes } from '../api/routes/launches.ts';
import { createMessageRoutes } from '../api/routes/messages.ts';
import { createOlderQualificationRoutes } from '../api/routes/older-qualifications.ts';
import { createOrderRoutes } from '../api/routes/orders.ts';
import { createPromotionCheckoutRoutes } from '../api/routes/promotion-checkout.ts';
import { createPromotionStackRoutes } from '../api/routes/promotion-stacks.ts';
import { createPromotionTierRoutes } from '../api/routes/promotion-tiers.ts';
import { createPortalLinkRoutes } from '../api/routes/portal-links.ts';
import { createOauthRoutes } from '../api/routes/oauth.ts';
import { createQualificationRoutes } from '../api/routes/qualifications.ts';
import { createRateLimitRoutes } from '../api/routes/rate-limits.ts';
import { createReferralRoutes } from '../api/routes/referrals.ts';
import { createRedemptionRoutes } from '../api/routes/redemptions.ts';
import { createSimulationRoutes } from '../api/routes/simulations.ts';
import { createReviewRoutes } from '../api/routes/reviews.ts';
import { createSendingRulesRoutes } from '../api/routes/sending-rules.ts';
import { createSourceRoutes } from '../api/routes/sources.ts';
import { createStackingRuleRoutes } from '../api/routes/stacking-rules.ts';
import { createTemplateRoutes } from '../api/routes/templates.ts';
import { createTraceRoutes } from '../api/routes/traces.ts';
import { createUnsubscribeRouter } from '../api/routes/unsubscribe.ts';
import { createValidationRoutes } from '../api/routes/validations.ts';
import { createMemberRewardRoutes } from '../api/routes/member-rewards.ts';
import { createLoyaltyExportRoutes } from '../api/routes/loyalty-exports.ts';
import { createWebhookDeliveryRoutes } from '../api/routes/webhook-deliveries.ts';
import { createTemporalCheckout } from '../activities/checkout/caller.ts';
import type { Checkout } from '../activities/checkout/checkout.ts';
import { createPoster } from '../activities/delivery/post.ts';
import { createMailRenderer } from '../activities/mail/render.ts';
import { createQualificationActivities } from '../activities/qualification/qualification.ts';
import { createSimulate } from '../activities/simulation/simulate.ts';
import { createFastForward } from '../activities/time-travel/fast-forward.ts';
import { createTimeSkipping } from '../activities/time-travel/time-skipping.ts';
import { createRouteEvents } from '../relay/route-events.ts';
import { journeyWorkflowId } from '../workflows/contracts.ts';
import type { ServiceConfiguration } from './configuration.ts';
import type { Core } from './core.ts';
import { downloadsOf, linksOf, portalOf } from './link-keys.ts';
import { addressesOf, checksOf, temporalCheck, wireCheckout, type Wired } from './wiring.ts';

/** The HTTP application with everything behind it. `prepare` it before it serves. */
export const wireApi = (
  core: Core,
  configuration: ServiceConfiguration,
): Wired & { app: RequestListener; prepare: () => Promise<void> } => {
  const renderer = createMailRenderer();
  const deps = { ...core, randomBytes, renderer, links: linksOf(configuration), downloads: downloadsOf(configuration) };
  const poster = createPoster({ policy: addressesOf(configuration) });
  const here = wireCheckout(core);
  const temporal = { temporal: temporalCheck(core) };
  const needsTemporal = configuration.activityMode === 'temporal';
  const checkout: Checkout = needsTemporal ? createTemporalCheckout(core.client, core.taskQueues) : here.activities;
  const skipping = createTimeSkipping(core);
  const simulate = createSimulate({ ...deps, publicUrl: configuration.publicUrl, routing: createRouteEvents });
  const fastForward = createFastForward({ ...core, skipping, workflowIdOf: journeyWorkflowId });
  const metadata = createMetadataSchemas(core);
  const qualification = createQualificationActivities({ ...core, states: here.states });
  const app = createApp({
    ...core,
    metadata,
    routes: [
      ...createResourceRoutes(deps),
      ...createCustomerWalletRoutes(deps),
      ...createLoyaltyExportRoutes(deps),
      ...createMemberRewardRoutes({ ...core, checkout }),
      ...createCategoryRoutes(deps),
      ...createMetadataSchemaRoutes({ ...deps, metadata }),
      ...createExportRoutes(deps),
      ...createAnalyticsRoutes(deps),
      ...createTemplateRoutes(deps),
      ...createMessageRoutes(deps),
      ...createJourneyRoutes(deps),
      ...createJourneyTemplateRoutes(core),
      ...createLaunchRoutes(core),
      ...createReviewRoutes(core),
      ...createSendingRulesRoutes(core),
      ...createJourneyPublishingRoutes(deps),
      ...createJourneyStateRoutes(deps),
      ...createJourneyResultsRoutes(deps),
      ...createSimulationRoutes({ ...core, simulate }),
      ...createEnrolmentRoutes(deps),
      ...createOperationRoutes(deps),
      ...createDeadLetterRoutes(deps),
      ...createValidationRoutes({ checkout }),
      ...createRedemptionRoutes({ ...core, checkout }),
      ...createOrderRoutes({ ...deps, states: here.states }),
      ...createReferralRoutes({ ...deps, random: Math.random }),
      ...createQualificationRoutes({ qualification }),
      ...createOlderQualificationRoutes({ ...core, qualification }),
      ...createClientCheckoutRoutes({ checkout }),
      ...createClientCustomerRoutes(core),
      ...createConsentRoutes(core),
      ...createApiKeyRoutes(deps),
      ...createOauthRoutes(deps),
      ...createRateLimitRoutes({ ...deps, rateLimits: configuration.rateLimits }),
      ...createTraceRoutes(core),
      ...createStackingRuleRoutes(core),
      ...createPromotionTierRoutes(core),
      ...createPromotionCheckoutRoutes({ ...core, checkout }),
      ...createPromotionStackRoutes(core),
      ...createFastForwardRoutes({ fastForward }),
      ...createSourceRoutes({ ...deps, publicUrl: configuration.publicUrl }),
      ...createEventRoutes(deps),
      ...createEndpointRoutes({ ...deps, addresses: addressesOf(configuration), svix: configuration.svix !== null }),
      ...createWebhookDeliveryRoutes(deps),
      ...createPortalLinkRoutes({ ...core, links: portalOf(configuration) }),
    ],
    routers: [
      createHooksRouter({
        ...core,
        publicUrl: configuration.publicUrl,
        addressOf: createClientAddress(configuration.trustedProxies),
        fetcher: poster,
      }),
      createUnsubscribeRouter(deps),
      createPortalRouter({ ...core, randomBytes, links: portalOf(configuration) }),
      createDownloadRouter(deps),
    ],
    checks: { ...checksOf(core), ...(needsTemporal && temporal) },
    told: needsTemporal ? {} : temporal,
    rateLimits: configuration.rateLimits,
    trustedProxies: configuration.trustedProxies,
  });
  return {
    app,
    prepare: here.activities.maintain,
    close: async () => {
      poster.close();
      await here.close();
      await renderer.close();
    },
  };
};
