"""The numbers of the ranking that no paper gives, in one place, with what each is for.

All are conventions (expert), chosen so that published patients kept out of the choosing are ranked well and their
probabilities come true (``docs/methods/differential.md``). None belongs to one condition.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dials:
    """What may be turned in the ranking.

    Parameters
    ----------
    prior_power : power to which the prevalence among people who get a head CT is raised. 1 is a walk-in emergency
        department; less for a place to which rare things are sent. Prevalences are known to a power of ten at best.
    calcium_power : power of how often a condition calcifies at all, by an expert's word; over 1, because what is rare
        is reported more often than it is met.
    counted_power : the same where it was counted in a series: less, for a series is no rare report.
    other_share : prior chance that the cause is none of the conditions known here.
    benign_share : prior chance that what was seen is incidental, the benign groups and bystanders together.
    unreferred : so many times the odds of health rise where ordinary calcium of a grown person is all there is to tell.
    own_missed : chance that a disease's own calcium is there and not among what was named.
    site_pool : weight, in patients, of what conditions have in common at a site; facts of few patients lean on it.
    stray_site : chance of calcium at a site no source names for the condition, given that there is calcium.
    neighbour : share of a site's chance that a neighbouring site gets too, because readers name borders differently.
    ordinary_spread : the same for ordinary calcium: who has one kind of it has more (PMID:34866062).
    burden : spread (standard deviation, log odds) of how calcified a whole head is: makes sites of one head alike.
    named : chance that a report which names any site would have named this one too, were it calcified.
    unnamed_power : power of all sites that a report leaves unnamed together: who leaves one out sums up, and leaves out
        others too.
    termed : the same for a list of HPO terms, which is no report of a scan.
    seen : the same for a scan read by the machine, at every site the scan covers.
    misplaced : chance that the machine put a deposit where it is not, beyond the doubt it tells.
    age_power : power of the age's ratio; ages on record are those of series, which select them.
    scatter_power : power of how many scattered deposits lie where; the places themselves are weighed already.
    side_weight, form_weight, extent_weight, lobe_weight : powers of these descriptions; they lean on reviews' classes.
    feature_pool : weight, in patients, of the base rate of a symptom.
    crowd : how much symptoms of one organ system repeat one another; 0 not at all.
    excluded_crowd : the same for what was looked for and not found: a paper's table is read off column by column.
    most_ratio : the largest likelihood ratio that one symptom may have, and its inverse the smallest.
    least_excluded : the smallest likelihood ratio that one excluded symptom may have.
    told : chance that a list of many symptoms would name a feature that is there; short lists tell less.
    likeness : log ratio of a list that is wholly a condition's own over one no nearer than to most, as it gets long.
    long_list : so many symptoms are half a long list: the likeness of the whole counts half of that.
    list_power : how much single symptoms count in a long list, where the whole is heard too.
    decay : share of a general feature's weight that a more special term one step below it keeps.
    asked : chance that a history with any word in it would hold this one too, were it so.
    unasked : the same where no history is given at all, for what a condition can hardly be without.
    lab_truth : chance that a result is as a condition's signature says.
    temperature : the log of all likelihood ratios is divided by this, because facts of one patient repeat one another.
    """

    prior_power: float = 0.38
    calcium_power: float = 1.5
    counted_power: float = 1.2
    other_share: float = 0.03
    benign_share: float = 0.35
    unreferred: float = 15.0
    own_missed: float = 0.08
    site_pool: float = 1.0
    stray_site: float = 0.005
    neighbour: float = 0.0
    ordinary_spread: float = 2.0
    burden: float = 1.9
    named: float = 0.5
    unnamed_power: float = 0.7
    termed: float = 0.25
    seen: float = 0.85
    misplaced: float = 0.02
    age_power: float = 0.75
    scatter_power: float = 1.0
    side_weight: float = 1.0
    form_weight: float = 0.6
    extent_weight: float = 0.4
    lobe_weight: float = 1.0
    feature_pool: float = 2.5
    crowd: float = 0.1
    excluded_crowd: float = 0.3
    most_ratio: float = 80.0
    least_excluded: float = 0.2
    told: float = 0.6
    likeness: float = 25.0
    long_list: float = 10.0
    list_power: float = 0.3
    decay: float = 0.65
    asked: float = 0.75
    unasked: float = 0.4
    lab_truth: float = 0.9
    temperature: float = 1.0
