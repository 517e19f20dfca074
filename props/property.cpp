/* property.cpp - the one door to RapidCheck, and the only C++ of the project.
 *
 *     fields, ranges -> records drawn whole -> C property -> pass | fail | skip
 *                             ^                                 |
 *                             +------ a smaller vector <--------+  while it fails
 *
 * A case is one value to RapidCheck: a vector of records. So nothing is drawn while C code runs,
 * no RapidCheck exception has a C frame to cross, and shrinking is two moves: leave out
 * neighbouring records, move one field towards its low end. The smallest failing vector is the
 * last one that failed, because RapidCheck takes the first smaller one that fails and goes on from
 * there.
 *
 * The process's RC_PARAMS and RapidCheck's own printing are left out on purpose: seed and number
 * of cases are arguments, results are the caller's to show.
 */
#include "props/property.h"

#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <algorithm>
#include <cassert>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace {

using Records = std::vector<ox_record>;
using rc::detail::CaseDescription;
using rc::detail::CaseResult;

/* ---- drawing ---- */

/* Uniform over low..high. The bias of the remainder is below 2^-50 for every range in use. */
int64_t draw_field(const ox_field &field, rc::Random &random) {
    const uint64_t width = static_cast<uint64_t>(field.high) - static_cast<uint64_t>(field.low) + 1;
    const uint64_t offset = width == 0 ? random.next() : random.next() % width;
    return static_cast<int64_t>(static_cast<uint64_t>(field.low) + offset);
}

/* RapidCheck walks through the sizes 0..100 again and again; the size sets the length, so that a
 * run meets every length from 0 to records_max equally often. */
Records draw_records(const ox_property &property, rc::Random random, int size) {
    const size_t share = static_cast<size_t>(std::clamp(size, 0, rc::kNominalSize));
    const size_t count = (property.records_max * share + rc::kNominalSize - 1) / rc::kNominalSize;
    Records records(count);
    for (ox_record &record : records) {
        for (size_t f = 0; f < property.field_count; f++) {
            record.field[f] = draw_field(property.fields[f], random);
        }
    }
    return records;
}

/* ---- shrinking ---- */

/* The record with one field nearer to its low end: the low end itself first, then half the way
 * back, and so on. Offsets are unsigned, so that no range can overflow. */
rc::Seq<ox_record> shrink_field(const ox_property &property, const ox_record &record, size_t f) {
    const uint64_t low = static_cast<uint64_t>(property.fields[f].low);
    const uint64_t offset = static_cast<uint64_t>(record.field[f]) - low;
    return rc::seq::map(rc::shrink::towards<uint64_t>(offset, 0), [=](uint64_t nearer) {
        ox_record smaller = record;
        smaller.field[f] = static_cast<int64_t>(low + nearer);
        return smaller;
    });
}

rc::Seq<ox_record> shrink_record(const ox_property &property, const ox_record &record) {
    rc::Seq<ox_record> all;
    for (size_t f = 0; f < property.field_count; f++) {
        all = rc::seq::concat(std::move(all), shrink_field(property, record, f));
    }
    return all;
}

rc::Seq<Records> shrink_records(const ox_property &property, const Records &records) {
    return rc::seq::concat(rc::shrink::removeChunks(records),
                           rc::shrink::eachElement(records, [&property](const ox_record &record) {
                               return shrink_record(property, record);
                           }));
}

/* ---- judging ---- */

/* What a run has seen so far; outlives every case. */
struct Watch : rc::detail::TestListenerAdapter {
    explicit Watch(const ox_property &of) : property(of) {}

    CaseDescription judge(const Records &records);
    void onTestCaseFinished(const CaseDescription &description) override;
    void onShrinkTried(const CaseDescription &shrink, bool accepted) override;

    const ox_property &property;
    Records smallest;
    std::string why_failed, why_skipped; /* of the last case of each kind */
    uint64_t judged = 0, skipped = 0, shrinks = 0;
};

CaseDescription Watch::judge(const Records &records) {
    char text[OX_PROPERTY_REASON_MAX] = "";
    CaseDescription description;
    description.example = [] { return rc::detail::Example(); };
    const ox_answer answer = property.holds(records.data(), records.size(), property.context, text);
    text[sizeof text - 1] = '\0';
    switch (answer) {
    case OX_ANSWER_PASS:
        description.result = CaseResult(CaseResult::Type::Success);
        break;
    case OX_ANSWER_SKIP:
        description.result = CaseResult(CaseResult::Type::Discard);
        why_skipped = text;
        break;
    case OX_ANSWER_FAIL:
        description.result = CaseResult(CaseResult::Type::Failure);
        why_failed = text;
        smallest = records;
        break;
    }
    return description;
}

void Watch::onTestCaseFinished(const CaseDescription &description) {
    if (description.result.type == CaseResult::Type::Discard) {
        skipped++;
    } else {
        judged++;
    }
}

void Watch::onShrinkTried(const CaseDescription &, bool accepted) {
    if (accepted) {
        shrinks++;
    }
}

rc::detail::Property property_over(Watch &watch) {
    const ox_property &property = watch.property;
    rc::Gen<Records> cases = [&property](const rc::Random &random, int size) {
        return rc::shrinkable::shrinkRecur(
            draw_records(property, random, size),
            [&property](const Records &records) { return shrink_records(property, records); });
    };
    return rc::gen::map(std::move(cases),
                        [&watch](const Records &records) { return watch.judge(records); });
}

/* ---- handing back ---- */

void put_text(char *to, size_t size, const std::string &text) {
    std::snprintf(to, size, "%s", text.c_str());
}

void put_smallest(ox_property_run *run, const Records &smallest) {
    run->smallest =
        static_cast<ox_record *>(std::calloc(smallest.size() + 1, sizeof *run->smallest));
    if (run->smallest != nullptr) {
        std::copy(smallest.begin(), smallest.end(), run->smallest);
        run->smallest_count = smallest.size();
    }
}

/* A string that is cut reproduces nothing; one that does not fit is left out. */
void put_reproduce(ox_property_run *run, const ox_property &property,
                   const rc::detail::Reproduce &reproduce) {
    rc::detail::Configuration configuration;
    configuration.reproduce[property.name] = reproduce;
    const std::string text = rc::detail::configToMinimalString(configuration);
    if (text.size() < sizeof run->reproduce) {
        put_text(run->reproduce, sizeof run->reproduce, text);
    }
}

void check(const ox_property &property, uint64_t seed, uint64_t cases, ox_property_run *run) {
    rc::detail::TestMetadata metadata;
    metadata.id = property.name;
    metadata.description = property.name;
    rc::detail::TestParams params;
    params.seed = seed;
    params.maxSuccess = static_cast<int>(std::min<uint64_t>(cases, INT_MAX));
    params.maxSize = rc::kNominalSize;

    Watch watch(property);
    const rc::detail::TestResult result =
        rc::detail::checkProperty(property_over(watch), metadata, params, watch, {});
    run->cases = watch.judged;
    run->skipped = watch.skipped;
    run->shrinks = watch.shrinks;
    if (result.is<rc::detail::SuccessResult>()) {
        run->answer = OX_ANSWER_PASS;
        return;
    }
    if (!result.is<rc::detail::FailureResult>()) {
        put_text(run->reason, sizeof run->reason, watch.why_skipped);
    } else {
        run->answer = OX_ANSWER_FAIL;
        put_text(run->reason, sizeof run->reason, watch.why_failed);
        put_smallest(run, watch.smallest);
        put_reproduce(run, property, result.get<rc::detail::FailureResult>().reproduce);
    }
}

} // namespace

void ox_property_check(const ox_property *property, uint64_t seed, uint64_t cases,
                       ox_property_run *run) {
    assert(property->field_count <= OX_PROPERTY_FIELDS_MAX);
    std::memset(run, 0, sizeof *run);
    run->answer = OX_ANSWER_SKIP; /* until something is known */
    try {
        check(*property, seed, cases, run);
    } catch (const std::exception &e) {
        put_text(run->reason, sizeof run->reason, std::string("the run broke off: ") + e.what());
    } catch (...) {
        put_text(run->reason, sizeof run->reason, "the run broke off");
    }
}

void ox_property_run_clear(ox_property_run *run) {
    std::free(run->smallest);
    std::memset(run, 0, sizeof *run);
}
