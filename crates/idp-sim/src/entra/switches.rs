//! What is only assumed about Entra, or where sources disagree.
//!
//! Marks: `[D]` Microsoft's documentation, `[F]` seen in the field, `[A]` our assumption.

use http::StatusCode;

use crate::switch::{Rate, choice, switches};

choice! {
    /// The shape of an item in a bulk answer.
    pub enum BulkItemShape {
        /// The device itself.
        Flat = "flat",
        /// A method with the device inside.
        Nested = "nested",
    }
}

choice! {
    /// What one bad item does to a bulk request.
    pub enum BulkErrors {
        /// It fails alone.
        Partial = "partial",
        /// It fails the whole request with 400.
        Atomic = "atomic",
    }
}

choice! {
    /// The status a device shows after a create with `assignTo`.
    pub enum CreateStatus {
        /// `assigned`.
        Assigned = "assigned",
        /// `available`, although somebody holds it.
        Available = "available",
    }
}

choice! {
    /// When a method carries its device.
    pub enum InlineDevice {
        /// Always.
        Always = "always",
        /// Where `$expand=device` asks for it.
        ExpandOnly = "expand_only",
    }
}

choice! {
    /// The id of a method.
    pub enum MethodId {
        /// Its device's.
        Device = "device",
        /// One of its own.
        Own = "own",
    }
}

choice! {
    /// Which codes count as used.
    pub enum ReplayPolicy {
        /// Those of the last accepted time step.
        SameStep = "same_step",
        /// Those of the last accepted time step and of all before it (RFC 6238 section 5.2).
        UpToStep = "up_to_step",
        /// None.
        Allow = "allow",
    }
}

choice! {
    /// How a serial that exists is refused.
    pub enum DuplicateError {
        /// 409 `conflict`.
        Conflict = "409",
        /// 400 `badRequest`.
        BadRequest = "400",
        /// 400 with the text of a re-import that came too early.
        TryAgain = "try_again",
    }
}

choice! {
    /// What a wrong code leaves behind when it came with the assignment.
    pub enum CombinedFailure {
        /// The assignment, with the status `failedActivation`.
        KeepsAssignment = "keeps_assignment",
        /// Nothing.
        RollsBack = "rolls_back",
    }
}

choice! {
    /// How a quota counts.
    pub enum QuotaForm {
        /// A bucket: all at once, then an even stream.
        Bucket = "bucket",
        /// Windows that begin with their first request.
        Window = "window",
    }
}

choice! {
    /// The order of the answers of a batch.
    pub enum BatchOrder {
        /// The last request's answer first.
        Reversed = "reversed",
        /// As the requests came.
        AsAsked = "as_asked",
    }
}

choice! {
    /// The form of `Retry-After` where a quota is used up.
    pub enum RetryAfter {
        /// Whole seconds.
        Integer = "integer",
        /// Seconds with a fraction.
        Fractional = "fractional",
        /// A date.
        HttpDate = "http_date",
        /// No header.
        Absent = "absent",
    }
}

choice! {
    /// What an access token looks like.
    pub enum AccessTokenForm {
        /// A JWT with claims, unsigned.
        Jwt = "jwt",
        /// Random text.
        Opaque = "opaque",
    }
}

choice! {
    /// What the person at the browser does.
    pub enum Browser {
        /// Signs in and consents.
        Accepts = "accepts",
        /// Cancels.
        Declines = "declines",
    }
}

switches! {
    /// What is only assumed about Entra, or where sources disagree. Set by name with [`EntraSwitches::set`].
    ///
    /// The marks in the descriptions: `[D]` Microsoft's documentation, `[F]` seen in the field, `[A]` our assumption.
    pub struct EntraSwitches {
        /// The status of a bulk answer: 201 in the reference \[D\], 200 in Graph Explorer \[F\].
        bulk_status: StatusCode = StatusCode::OK,
        /// The items of a bulk answer: `flat` as every working script reads lists \[F\], `nested` as the reference's sample \[D\].
        bulk_item_shape: BulkItemShape = BulkItemShape::Flat,
        /// One bad item in a bulk request: `partial` (a draft's example holds a bad item on purpose \[D\]; its form \[A\]) or `atomic` \[A\].
        bulk_errors: BulkErrors = BulkErrors::Partial,
        /// The most items of a bulk request; more are refused with 400. None is published \[A\]; an old portal took 50 \[D\].
        bulk_max: Option<usize> = None,
        /// Whether bulk answers repeat `@contentId`: one sample does, another does not \[D\].
        bulk_content_id: bool = true,
        /// The status after a create with `assignTo`: `assigned` in the reference, `available` in the how-to \[D\].
        create_with_assign_status: CreateStatus = CreateStatus::Assigned,
        /// Whether methods carry their device: `always` in samples \[D\]; a Microsoft author reads it again \[F\].
        inline_device: InlineDevice = InlineDevice::Always,
        /// The id of a user's method: `device` for the device's, as every sample \[D\] and script \[F\] has it; `own` \[A\].
        method_id: MethodId = MethodId::Device,
        /// The status of a device update: 204 in the reference \[D\], 200 with the device in the SDK \[F\].
        update_status: StatusCode = StatusCode::NO_CONTENT,
        /// Seconds for which the serial of a deleted device is refused: "try again in 15 minutes" \[F\]; status and code \[A\].
        reimport_quarantine_s: u64 = 900,
        /// Milliseconds by which reads of devices and methods lag behind writes: scripts wait 1 to 3 s \[F\].
        visibility_lag_ms: u64 = 0,
        /// Which codes count as used: nothing is published \[A\].
        replay_policy: ReplayPolicy = ReplayPolicy::SameStep,
        /// The most tokens of a user, 5 with authenticator apps, which are not simulated \[D\].
        max_tokens_per_user: usize = 5,
        /// Activations in a time, `200/300` in an old portal \[D\]; unpublished for this resource, so off \[A\].
        activation_rate: Option<Rate> = None,
        /// Writes in a time, `3000/150` for identity and access \[D\]; unpublished for this resource, so off \[A\].
        write_rate: Option<Rate> = None,
        /// Reads in a time, `3500/10` for identity and access, where each costs one unit or more \[D\]; unpublished for this resource, so off \[A\].
        read_rate: Option<Rate> = None,
        /// How the three rates count: identity and access has a token bucket \[D\], its even refilling \[A\].
        quota_form: QuotaForm = QuotaForm::Bucket,
        /// Whether answers tell a rate's used share in `x-ms-throttle-limit-percentage` where it is above 0.8: documented for identity and access \[D\], whether this resource does \[A\].
        throttle_percentage: bool = false,
        /// `Retry-After` where one of the three rates is used up: a fraction occurs in a sample, none for some resources \[D\].
        retry_after: RetryAfter = RetryAfter::Integer,
        /// Seconds by which the service's clock is ahead of this machine's.
        clock_offset_s: i64 = 0,
        /// Whether answers have a `Date`: not a claim about Entra \[A\].
        date_header: bool = true,
        /// Seconds by which the machines that answer differ from the service's clock at most, drawn for each `Date`: not a claim about Entra \[A\].
        date_spread_s: u64 = 0,
        /// How a serial that exists is refused: the answer is nowhere shown \[A\].
        duplicate_error: DuplicateError = DuplicateError::Conflict,
        /// Whether serials that differ only in case are the same: nothing is published \[A\].
        serial_ignores_case: bool = false,
        /// The status when a token that somebody holds is assigned: one holder a token \[D\], the answer \[A\].
        assigned_error: StatusCode = StatusCode::CONFLICT,
        /// What a wrong code in assignAndActivate leaves behind: nothing is published \[A\].
        combined_failure: CombinedFailure = CombinedFailure::KeepsAssignment,
        /// Whether the hardware OATH policy is enabled at the start \[D\].
        policy_enabled: bool = true,
        /// Whether a disabled policy, which always hinders sign-in, refuses assignment and activation with 400 as well \[A\].
        policy_required: bool = false,
        /// Users, by principal name, for whom the application may assign and activate nothing, as for administrators \[D\]: 403 `accessDenied` \[A\].
        protected_users: Vec<String> = Vec::new(),
        /// The application permissions of the client. What each operation needs is documented \[D\].
        granted_roles: Vec<String> = granted_roles(),
        /// Seconds for which an access token is good \[D\].
        token_lifetime_s: u64 = 3599,
        /// Whether the client secret is expired, AADSTS7000222 \[D\].
        secret_expired: bool = false,
        /// What an access token looks like: a JWT with `roles` or `scp` is usual, Microsoft calls it opaque \[D\].
        access_token_form: AccessTokenForm = AccessTokenForm::Jwt,
        /// What a person may let the application do: the scopes of a delegated token \[D\].
        granted_scopes: Vec<String> = granted_roles(),
        /// Whether public client flows are allowed; without it a person's sign-in is refused with AADSTS7000218 \[D\].
        public_client: bool = true,
        /// Seconds by which an assertion may be off its time: 300 is usual, nothing is published \[A\].
        assertion_skew_s: u64 = 300,
        /// Whether an assertion is refused whose `jti` was seen before: it has to be unique \[D\], the refusal \[A\].
        assertion_once: bool = true,
        /// Whether a refresh brings a new refresh token \[D\].
        refresh_rotates: bool = true,
        /// Whether the old refresh token ends with that: it does not \[D\].
        refresh_once: bool = false,
        /// Seconds for which a device code waits: 900 is usual \[D\].
        device_code_lifetime_s: u64 = 900,
        /// Whether a device code that is polled too soon is told `slow_down`: RFC 8628 section 3.5; in Entra \[A\].
        device_code_slow_down: bool = true,
        /// Who signs in as a person, by principal name, and so is `/me`; with `none` the first of the people: not a claim about Entra. To an application that acts for itself `/me` is refused with 400 \[F\].
        signed_in_user: Option<String> = None,
        /// What the person at the browser does: not a claim about Entra.
        browser: Browser = Browser::Accepts,
        /// Whether this machine has a managed identity: not a claim about Entra.
        managed_identity: bool = true,
        /// The AADSTS number with which every sign-in is refused; `none` for no such refusal \[D\].
        sign_in_refusal: Option<u32> = None,
        /// The directory roles of the person who signs in: registering applications and granting Graph's permissions needs one \[D\].
        signed_in_roles: Vec<String> = vec!["Global Administrator".to_owned()],
        /// What people may let Microsoft Graph Command Line Tools do, a public client of Microsoft's; another scope is refused with AADSTS65001 \[D\].
        tools_scopes: Vec<String> = tools_scopes(),
        /// Milliseconds for which a new application, a new service principal and a new grant are not known elsewhere: seconds are usual, minutes were seen \[F\].
        replication_lag_ms: u64 = 0,
        /// The status with which a name is refused that is not known yet: 400 and 404 were seen \[F\].
        replication_error: StatusCode = StatusCode::BAD_REQUEST,
        /// Devices on a page: 1000 by scripts that once stopped there \[F\].
        device_page_size: usize = 1000,
        /// Users on a page, where `$top` does not say \[D\].
        user_page_size: usize = 100,
        /// The most values of an `in` filter \[A\].
        filter_in_max: usize = 15,
        /// Tokens that were uploaded as CSV, each activated for its user: `user:serial,user:serial`. Those of unknown users are left out. That such tokens are among a user's methods and are not found by serial number is documented \[D\].
        legacy_tokens: Vec<String> = Vec::new(),
        /// Whether a list of devices without a filter by serial number shows tokens that were uploaded as CSV: nothing is published \[A\].
        legacy_in_list: bool = false,
        /// The order of the answers of a batch: any \[D\].
        batch_order: BatchOrder = BatchOrder::Reversed,
    }
}

fn tools_scopes() -> Vec<String> {
    let scopes = [
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "User.Read",
    ];
    scopes.map(str::to_owned).to_vec()
}

fn granted_roles() -> Vec<String> {
    let roles = [
        "Policy.ReadWrite.AuthenticationMethod",
        "UserAuthenticationMethod.ReadWrite.All",
        "User.Read.All",
    ];
    roles.map(str::to_owned).to_vec()
}
