#include "app/changed_settings.hpp"

#include <gmock/gmock.h>

namespace usher::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ChangedSettings, NothingDiffersFromItself) {
    EXPECT_THAT(changed_settings({}, {}), IsEmpty());
}

TEST(ChangedSettings, EachIsNamedAsItStandsInYaml) {
    config::Settings next;
    next.log.level = config::LogLevel::debug;
    next.listeners.public_.port = 9;
    next.listeners.tls = config::Tls{"a", "b"};
    next.store.url.value = "postgresql://secret";
    next.accounts.emplace_back();
    EXPECT_THAT(changed_settings({}, next),
                ElementsAre("/listeners/public/port", "/listeners/tls", "/store/url", "/log/level", "/accounts"));
}

TEST(ChangedSettings, SecretsAreComparedByTheirValue) {
    config::Settings now, next;
    now.secret_key.value = "one";
    next.secret_key.value = "two";
    EXPECT_THAT(changed_settings(now, next), ElementsAre("/secret_key"));
}

}  // namespace
}  // namespace usher::app
