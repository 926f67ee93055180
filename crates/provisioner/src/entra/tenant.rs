//! Which tenant it is: by its id, whatever name it was given by.

use entra_graph::{GetOrganization, GraphClient, ObjectId, TenantId};

use super::failures::failure;
use super::{Entra, EntraOptions, READS};
use crate::{Failure, Pace, Problem, Verdict};

impl Entra {
    /// The tenant that `client` signs in to. Where `tenant` is one of its domains, its id is asked for:
    /// what a ledger knows of a tenant is found whichever name is given.
    ///
    /// The id is in the access token, else in the organization. Where neither shows it, the domain
    /// stands for the tenant.
    ///
    /// # Errors
    /// [`Failure`] where a domain is given and the sign-in is refused, or nothing answers.
    pub async fn connect(
        client: GraphClient,
        pace: &Pace,
        tenant: &TenantId,
        options: EntraOptions,
    ) -> Result<Self, Failure> {
        let mut entra = Self::new(client, &tenant.to_string(), options);
        if !tenant.is_guid()
            && let Some(id) = entra.tenant_id(pace).await?
        {
            id.as_str().clone_into(&mut entra.tenant.id);
        }
        Ok(entra)
    }

    async fn tenant_id(&self, pace: &Pace) -> Result<Option<ObjectId>, Failure> {
        let sign_in = async || self.client.sign_in().await.map_err(|e| failure(&e));
        pace.read(READS, sign_in).await?;
        let claims = self.client.token_claims().await;
        let of_token = claims.and_then(|claims| ObjectId::parse(&claims.tenant_id?).ok());
        if of_token.is_some() {
            return Ok(of_token);
        }
        match self.read(pace, &GetOrganization).await {
            Ok(organization) => Ok(Some(organization.id)),
            Err(failure) if is_not_shown(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn is_not_shown(failure: &Failure) -> bool {
    failure.verdict == Verdict::Refused || failure.problem.code == Problem::PERMISSION
}
