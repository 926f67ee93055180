//! What the client of Okta asks.

use std::error::Error;
use std::sync::Arc;

use idp_http::{BaseUrl, Endpoint, Response, Segment};
use okta_factors::{self as okta, OktaClient};

use crate::{CODE, ODD_NAME, Outcome, SEED, Seen, print, recorder};

pub(crate) async fn requests() -> Outcome {
    let okta = Okta::new()?;
    okta.users().await?;
    okta.profiles().await?;
    okta.factors().await
}

struct Okta {
    client: OktaClient,
    org: BaseUrl,
    seen: Seen,
}

impl Okta {
    fn new() -> Result<Self, Box<dyn Error>> {
        let (seen, org) = (Seen::default(), BaseUrl::parse("https://acme.okta.com")?);
        let token = okta::SswsToken::new("made-up");
        let clock = Arc::new(idp_http::TokioClock::system());
        let client = OktaClient::new(recorder("okta", &seen), clock, token, org.clone());
        Ok(Self { client, org, seen })
    }

    async fn show<E: Endpoint>(&self, endpoint: E) -> Outcome {
        let _ = self.client.send(&endpoint).await;
        print::<E>(&self.seen)
    }

    async fn users(&self) -> Outcome {
        let mut page = Response::new(b"[]".to_vec());
        let link = "<https://acme.okta.com/api/v1/users?after=x&limit=200>; rel=\"next\"";
        page.headers_mut().insert("link", link.parse()?);
        let page = okta::ListUsers::all().response(&self.org, &page)?;
        let next = page.next.ok_or("no link")?;
        self.show(okta::GetUser(Segment::new(ODD_NAME)?)).await?;
        self.show(okta::GetUser::me()).await?;
        self.show(okta::ListUsers::all()).await?;
        self.show(okta::ListUsers::next(next)).await?;
        self.show(okta::ListUsers::with_login(ODD_NAME)).await?;
        self.show(okta::ListUsers::with_email(ODD_NAME)).await?;
        self.show(okta::ListUsers::beginning(ODD_NAME)).await?;
        self.show(okta::ListUsers::simple(ODD_NAME)).await
    }

    async fn profiles(&self) -> Outcome {
        let id = okta::ProfileId::parse("autCustomOtp")?;
        self.show(okta::GetOrganization).await?;
        self.show(okta::ListAuthenticators).await?;
        self.show(okta::GetOtpSettings(id)).await?;
        self.show(okta::ListHotpProfiles).await?;
        self.show(okta::ListOrgFactors).await
    }

    async fn factors(&self) -> Outcome {
        let user = || okta::UserId::parse("00uAnn");
        self.show(okta::EnrollFactor {
            user: user()?,
            profile: okta::ProfileId::parse("autCustomOtp")?,
            shared_secret: SEED.into(),
        })
        .await?;
        let (user, factor) = (user()?, okta::FactorId::parse("chf1")?);
        self.show(okta::VerifyFactor {
            user: user.clone(),
            factor: factor.clone(),
            code: CODE.into(),
        })
        .await?;
        self.show(okta::ListFactors(user.clone())).await?;
        self.show(okta::ListSupportedFactors(user.clone())).await?;
        self.show(okta::ListEnrollments(user.clone())).await?;
        let (of, one) = (user.clone(), factor.clone());
        let get = okta::GetFactor {
            user: of,
            factor: one,
        };
        self.show(get).await?;
        self.show(okta::DeleteFactor { user, factor }).await
    }
}
