//! The inventory to choose from, of a provider that keeps serial numbers and of one that does not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::collections::BTreeSet;

use provisioner::seedfile::Serial;
use provisioner::{InventoryFilter, MemoryLedger, Problem, Stock, StockError, UserId};
use support::{BOTH, World, answered, mixed_file, serial, user};

fn named(serials: &[&str]) -> InventoryFilter {
    let serials = serials.iter().map(|text| Serial::new(text).unwrap());
    InventoryFilter {
        serials: Some(serials.collect()),
        ..InventoryFilter::default()
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_found_by_serial_number_and_by_holder() {
    for idp in BOTH {
        let world = World::new(4, mixed_file(3));
        world.provision(idp).await;
        let (provider, pace) = (world.provider(idp).await, world.pace());
        let stock = Stock::of(&*provider, &pace, &world.ledger).await.unwrap();

        let all = stock.read(&InventoryFilter::default()).await.unwrap();
        let serials: BTreeSet<_> = all.iter().map(|token| token.serial.clone()).collect();
        assert_eq!(serials, (1..=3).map(serial).collect(), "{idp:?}");

        let first = Serial::new(&serial(1)).unwrap();
        let one = stock.one(&first).await.unwrap();
        assert_eq!(one.serial, serial(1));
        assert_eq!(stock.find(&first).await.unwrap(), Some(one.clone()));

        let holder = stock.holder(&user(1)).await.unwrap();
        assert_eq!(one.holder.clone().unwrap().id, holder);
        let mut told = all.clone();
        stock.name_holders(&mut told).await;
        let names = told.iter().map(|token| token.holder.clone()?.name);
        let names: BTreeSet<_> = names.flatten().collect();
        let logins: BTreeSet<_> = (1..=3).map(user).collect();
        assert_eq!(names, logins, "{idp:?}");
        assert_eq!(stock.of_holder(holder).await.unwrap(), [one]);
        let nobody = stock.holder(&user(4)).await.unwrap();
        assert!(stock.of_holder(nobody).await.unwrap().is_empty());

        let two = stock.all_of(&named(&[&serial(1), &serial(3)])).await;
        assert_eq!(two.unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn people_are_found_by_what_is_typed_and_by_id() {
    for idp in BOTH {
        let world = World::new(4, mixed_file(2));
        let (provider, pace) = (world.provider(idp).await, world.pace());
        let stock = Stock::of(&*provider, &pace, &world.ledger).await.unwrap();
        let found = stock.search("user", 3).await.unwrap();
        assert_eq!(found.len(), 3, "{idp:?}");
        assert_eq!(stock.user(&found[1].id).await.unwrap(), found[1]);
        assert_eq!(stock.search(" u ", 3).await.unwrap(), []);
        // A login is no id.
        for id in [found[0].login.as_str(), "..", ""] {
            let missing = stock.user(&UserId(id.to_owned())).await.unwrap_err();
            assert_eq!(missing.problem().code, "user-unknown", "{idp:?} {id}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_named() {
    for idp in BOTH {
        let world = World::new(2, mixed_file(2));
        world.provision(idp).await;
        let (provider, pace) = (world.provider(idp).await, world.pace());
        let stock = Stock::of(&*provider, &pace, &world.ledger).await.unwrap();
        let says = |error: StockError, code: &str, message: &str| {
            let StockError::Missing(problem) = error else {
                panic!("{error:?}");
            };
            assert_eq!(
                (problem.code.as_str(), problem.message.as_str()),
                (code, message)
            );
            assert!(!problem.next.contains("oathctl"), "{}", problem.next);
        };
        let none = Serial::new("99").unwrap();
        assert_eq!(stock.find(&none).await.unwrap(), None);
        let missing = stock.one(&none).await.unwrap_err();
        says(missing, Problem::NOT_THERE, "no such token: 99");
        let missing = stock.all_of(&named(&[&serial(1), "99"])).await.unwrap_err();
        says(missing, Problem::NOT_THERE, "no such token: 99");
        let missing = stock.all_of(&named(&[&serial(1), "97", "98", "99"])).await;
        let message = "no such tokens: 97 and 2 more";
        says(missing.unwrap_err(), Problem::NOT_THERE, message);
        let missing = stock.holder("nobody@example.com").await.unwrap_err();
        says(
            missing,
            "user-unknown",
            "there is no user nobody@example.com",
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_not_missing() {
    let world = World::new(1, mixed_file(1));
    let (provider, pace) = (world.entra(), world.pace());
    let stock = Stock::of(&provider, &pace, &world.ledger).await.unwrap();
    world.faults(vec![answered("devices.list", 403)]);
    let error = stock.one(&Serial::new("1").unwrap()).await.unwrap_err();
    assert!(matches!(error, StockError::Unread(_)), "{error:?}");
    assert_eq!(error.problem().code, Problem::PERMISSION);
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_asked_where_the_provider_keeps_no_serial_numbers() {
    let world = World::new(1, mixed_file(1));
    for idp in BOTH {
        world.provision(idp).await;
        let (provider, pace) = (world.provider(idp).await, world.pace());
        let empty = MemoryLedger::new();
        let stock = Stock::of(&*provider, &pace, &empty).await.unwrap();
        let found = stock.find(&Serial::new(&serial(1)).unwrap()).await;
        let asked = !provider.capabilities().serials;
        assert_eq!(found.unwrap().is_none(), asked, "{idp:?}");
    }
}
