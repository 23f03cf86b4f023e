//! Rate limits by leased requests: one conditional write lets a warm function answer several of a caller's requests.
//!
//! An item per caller and hour counts the requests leased in the hour and in each of its minutes. What is leased and
//! not used is lost to the caller, so `shared/api` leases little at first and more once it is used up.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::{Id, Time, firm::Firm};

use crate::{
    Error, Store,
    item::{Attributes, Item, number},
    key::{Key, name},
};

/// How many requests a caller may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In a minute of the clock; no bound if none.
    pub per_minute: Option<u32>,
    /// In an hour of the clock.
    pub per_hour: u32,
}

/// Who leases requests, how many, out of what.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'l> {
    /// The caller's firm; none for who isn't known.
    pub firm: Option<Id<Firm>>,
    /// A user's id or an address.
    pub caller: &'l str,
    /// How many requests are wanted.
    pub wanted: u32,
    /// How many they may make.
    pub quota: Quota,
}

/// What a lease came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// This many requests, the wanted ones or what was left; 1 at least.
    Some(u32),
    /// None: `limit` is used up, for so many seconds more.
    None {
        /// The bound that was hit.
        limit: u32,
        /// Until it starts anew, seconds.
        retry_after: u32,
    },
}

impl Store {
    /// Lease requests at `now`: one write, two where less is left than wanted.
    pub async fn lease(&self, lease: &Lease<'_>, now: Time) -> Result<Granted, Error> {
        let mut wanted = lease.wanted.clamp(1, lease.quota.per_hour.max(1));
        for _ in 0..2 {
            let counted = match self.try_lease(lease, wanted, now).await? {
                Ok(()) => return Ok(Granted::Some(wanted)),
                Err(counted) => counted,
            };
            let minute_left = lease.quota.per_minute.map(|most| most.saturating_sub(counted.minute));
            let hour_left = lease.quota.per_hour.saturating_sub(counted.hour);
            wanted = minute_left.map_or(hour_left, |left| left.min(hour_left));
            if wanted == 0 {
                let second = now.timestamp().rem_euclid(3600) as u32;
                return Ok(match lease.quota.per_minute {
                    Some(limit) if hour_left > 0 => Granted::None { limit, retry_after: 60 - second % 60 },
                    _ => Granted::None { limit: lease.quota.per_hour, retry_after: 3600 - second },
                });
            }
        }
        // Others took what was left in between.
        Ok(Granted::None { limit: lease.quota.per_minute.unwrap_or(lease.quota.per_hour), retry_after: 1 })
    }

    async fn try_lease(&self, lease: &Lease<'_>, wanted: u32, now: Time) -> Result<Result<(), Counted>, Error> {
        let hour = now.timestamp().div_euclid(3600);
        let minute = format!("m{}", now.timestamp().div_euclid(60).rem_euclid(60));
        let most = |limit: Option<u32>| number(i64::from(limit.unwrap_or(u32::MAX)) - i64::from(wanted));
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::lease(lease.firm, lease.caller, hour).item()))
            .update_expression("ADD #hour :wanted, #minute :wanted SET #expires = if_not_exists(#expires, :expires)")
            .condition_expression(
                "(attribute_not_exists(#hour) OR #hour <= :hour) AND (attribute_not_exists(#minute) OR #minute <= :minute)",
            )
            .expression_attribute_names("#hour", "hour")
            .expression_attribute_names("#minute", &minute)
            .expression_attribute_names("#expires", name::EXPIRES)
            .expression_attribute_values(":wanted", number(wanted))
            .expression_attribute_values(":hour", most(Some(lease.quota.per_hour)))
            .expression_attribute_values(":minute", most(lease.quota.per_minute))
            .expression_attribute_values(":expires", number((hour + 2) * 3600))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match result {
            Ok(_) => return Ok(Ok(())),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Err(Counted::of(failed.item(), &minute)))
            }
            _ => Err(error.into()),
        }
    }
}

struct Counted {
    hour: u32,
    minute: u32,
}

impl Counted {
    fn of(item: Option<&Item>, minute: &str) -> Self {
        let count = |name: &str| item.and_then(|item| item.number(name).ok()).and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
        Self { hour: count("hour"), minute: count(minute) }
    }
}
